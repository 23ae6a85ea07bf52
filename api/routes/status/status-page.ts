import { createHash } from 'node:crypto';
import { PAST_DAYS } from '../../incidents/public-status.ts';
import type { PublicIncident, PublicStatus } from '../../incidents/public-status.ts';
import { markup } from '../../pages/page.ts';
import type { Html } from '../../pages/page.ts';

const STYLE = `:root{color-scheme:light dark;--bg:#f3eee6;--card:#fff;--ink:#14211e;--soft:#56635e;--line:#e4dccf;--ok:#0b6e4f;--minor:#4b6a8a;--degraded:#9a6a00;--partial:#b5500b;--major:#a3271a}
@media(prefers-color-scheme:dark){:root{--bg:#101816;--card:#18231f;--ink:#eef3f0;--soft:#a3b1ab;--line:#2b3a35;--ok:#3fbf92;--minor:#8fb3d9;--degraded:#e2b23f;--partial:#f0914a;--major:#f2786a}}
*{box-sizing:border-box}body{font:16px/1.55 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;margin:0;background:var(--bg);color:var(--ink)}
main{max-width:46rem;margin:0 auto;padding:2.5rem 1.25rem 4rem}
header{display:flex;justify-content:space-between;align-items:baseline;gap:1rem;flex-wrap:wrap;margin-bottom:1.25rem}
h1{font-size:1.35rem;margin:0}h2{font-size:1.05rem;margin:2.5rem 0 .75rem}h3{font-size:1.1rem;line-height:1.3;margin:0}
a{color:inherit}.soft,time{color:var(--soft);font-size:.9rem}
.now{border-radius:14px;padding:1.1rem 1.35rem;color:#fff;font-weight:650;font-size:1.2rem;background:var(--c);display:flex;gap:.8rem;align-items:center}
@media(prefers-color-scheme:dark){.now{color:#0d1412}}
.now::before{content:'';width:.85rem;height:.85rem;border-radius:50%;background:currentColor;opacity:.9;flex:none}
.operational{--c:var(--ok)}.minor{--c:var(--minor)}.degraded{--c:var(--degraded)}.partial{--c:var(--partial)}.major{--c:var(--major)}
article{background:var(--card);border:1px solid var(--line);border-left:5px solid var(--c,var(--line));border-radius:12px;padding:1.1rem 1.35rem;margin:0 0 1rem}
.past article{border-left-color:var(--line)}
.head{display:flex;justify-content:space-between;gap:.75rem 1rem;align-items:flex-start;flex-wrap:wrap}
.tag{border:1.5px solid var(--c);color:var(--c);border-radius:1rem;padding:.05rem .7rem;font-size:.82rem;font-weight:600;white-space:nowrap}
.next{margin:.65rem 0 0;padding:.5rem .8rem;border-radius:8px;background:color-mix(in srgb,var(--c) 12%,transparent);font-size:.95rem}
.next time{color:inherit;font-weight:650;font-size:inherit}
ol{list-style:none;margin:1rem 0 0;padding:0;border-left:2px solid var(--line)}
li{position:relative;padding:0 0 1rem 1.15rem}li:last-child{padding-bottom:0}
li::before{content:'';position:absolute;left:-6px;top:.5rem;width:10px;height:10px;border-radius:50%;background:var(--line)}
li:first-child::before{background:var(--c,var(--soft))}
li p{margin:.1rem 0;white-space:pre-line;overflow-wrap:anywhere}li strong{margin-right:.5rem}
summary{cursor:pointer;list-style:none}summary::-webkit-details-marker{display:none}summary .head h3{font-size:1rem}
summary:focus-visible,a:focus-visible{outline:3px solid #e9a23b;outline-offset:3px;border-radius:4px}
.day{display:flex;justify-content:space-between;gap:1rem;padding:.55rem 0;border-top:1px solid var(--line);color:var(--soft);font-size:.95rem}
footer{margin-top:2.5rem;font-size:.9rem;color:var(--soft);display:flex;gap:1.25rem;flex-wrap:wrap}`;

/** What the page's content security policy lets style it. */
export const STYLE_HASH = `sha256-${createHash('sha256').update(STYLE).digest('base64')}`;

const DAY = 86_400_000;
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: 'UTC' });
const date = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', timeZone: 'UTC' });
const long = new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long', timeZone: 'UTC' });

/** The public page, whole, in one answer: it needs no script and asks for itself again every minute. */
export function statusPage(status: PublicStatus, { name, feed }: { name: string; feed: string }): string {
  const { indicator, description, incidents, updatedAt } = status;
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<meta http-equiv="refresh" content="60" />
<title>${description} · ${name}</title>
<link rel="alternate" type="application/atom+xml" href="${feed}" title="${name}" />
<style>${{ html: STYLE }}</style>
</head>
<body>
<main>
<header><h1>${name}</h1><span class="soft">As of ${stamp(updatedAt)}</span></header>
<p class="now ${indicator}" role="status">${description}</p>
${incidents.length > 0 ? markup`<h2>Happening now</h2>${incidents.map((one) => current(one, updatedAt))}` : markup``}
<section class="past"><h2>The last ${PAST_DAYS} days</h2>${days(status)}</section>
<footer><a href="${feed}">Atom feed</a><a href="/v1/status">JSON</a><span>All times are UTC. This page renews itself every minute.</span></footer>
</main>
</body>
</html>`.html;
}

function current(one: PublicIncident, now: string): Html {
  const due = one.nextUpdateAt;
  const next =
    due === null
      ? markup``
      : due <= now
        ? markup`<p class="next">The next update is due at any moment.</p>`
        : markup`<p class="next">Next update by ${stamp(due, true)}, even if there is nothing new by then.</p>`;
  return markup`<article id="i-${one.id}" class="${one.impact}"><div class="head"><h3>${one.title}</h3><span class="tag">${one.status}</span></div>${next}${updates(one)}</article>`;
}

function days({ incidents, past, updatedAt }: PublicStatus): Html[] {
  const now = Date.parse(updatedAt);
  return [...Array(PAST_DAYS).keys()].map((back) => {
    const day = new Date(now - back * DAY).toISOString().slice(0, 10);
    const of = past.filter((one) => one.startedAt.startsWith(day));
    const still = incidents.some((one) => one.startedAt.startsWith(day));
    const says = still ? 'Happening now' : of.length === 0 ? 'No incidents' : '';
    return markup`<div class="day"><span>${long.format(new Date(day))}</span><span>${says}</span></div>${of.map(over)}`;
  });
}

function over(one: PublicIncident): Html {
  const lasted =
    one.resolvedAt === null ? '' : ` after ${length(Date.parse(one.resolvedAt) - Date.parse(one.startedAt))}`;
  return markup`<article id="i-${one.id}" class="${one.impact}"><details><summary><div class="head"><h3>${one.title}</h3><span class="soft">${one.status}${lasted}</span></div></summary>${updates(one)}</details></article>`;
}

const updates = (one: PublicIncident): Html =>
  markup`<ol>${one.updates.map((update) => markup`<li><strong>${update.status}</strong>${stamp(update.at)}<p>${update.message}</p></li>`)}</ol>`;

function stamp(iso: string, short = false): Html {
  const at = new Date(iso);
  const text = short ? `${clock.format(at)} UTC` : `${date.format(at)}, ${clock.format(at)} UTC`;
  return markup`<time datetime="${iso}">${text}</time>`;
}

function length(ms: number): string {
  const minutes = Math.max(1, Math.round(ms / 60_000));
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
}
