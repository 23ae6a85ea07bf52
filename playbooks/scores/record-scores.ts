import type { Tx } from '../../db/database.ts';
import { lockAccounts } from '../../db/queries/accounts/read-account.ts';
import type { AccountRow } from '../../db/queries/accounts/read-account.ts';
import { insertScores } from '../../db/queries/scores/insert-scores.ts';
import type { NewScore } from '../../db/queries/scores/insert-scores.ts';
import { bandsOf, endOverrides, openOverrides, putBands } from '../../db/queries/scores/write-bands.ts';
import type { BandRow, OverrideRow } from '../../db/queries/scores/write-bands.ts';
import type { JourneyRow } from '../../db/schema/journeys.ts';
import type { EventBody } from '../../workflows/contracts/api.ts';
import { gravity } from './evaluate-score.ts';
import type { HealthPolicy } from './policy.ts';
import { modelOf } from './read-models.ts';
import { settleBand } from './settle-band.ts';
import { DAY_MS } from '../../workflows/contracts/time.ts';

/** Stores events of the system's own with all that follows, in the caller's transaction; the journeys that they open are the caller's to start once it has committed. */
export type IngestPort = (
  tx: Tx,
  given: { events: EventBody[]; actor: string; now: number },
) => Promise<{ started: JourneyRow[] }>;

export const BAND_CHANGED = 'health.band_changed';
const EVENTS_A_CALL = 500;

export type Record = {
  /** Accounts whose bands are brought up to `now`, also where no score is new: what time alone changes. */
  accounts: string[];
  scores: NewScore[];
  actor: string;
  policy: HealthPolicy;
  ingest: IngestPort;
  now: Date;
};

/** Stores scores once each and brings the bands of their accounts up to date; each change of a band in force is one event, in this transaction. */
export async function recordScores(tx: Tx, r: Record): Promise<{ stored: number; changed: number }> {
  const ids = [...new Set([...r.accounts, ...r.scores.map((score) => score.account)])];
  if (ids.length === 0) return { stored: 0, changed: 0 };
  // First of all, and in the order of ids, as whoever takes events does.
  const accounts = new Map((await lockAccounts(tx, ids)).map((row) => [row.id, row]));
  const fresh = await insertScores(tx, r.scores, r.actor);
  await endOverrides(tx, ids, r.now);
  const before = new Map((await bandsOf(tx, ids)).map((row) => [keyOf(row.accountId, row.model), row]));
  const overrides = new Map((await openOverrides(tx, ids)).map((row) => [keyOf(row.accountId, row.model), row]));
  const scored = new Map(
    r.scores
      .filter((one) => fresh.has(`${one.account} ${one.model}`))
      .map((one) => [keyOf(one.account, one.model), one]),
  );
  const written: BandRow[] = [];
  const events: EventBody[] = [];
  for (const key of new Set([...before.keys(), ...scored.keys(), ...overrides.keys()])) {
    const known = before.get(key);
    const next = bandNow(r, key, { known, score: scored.get(key), override: overrides.get(key) });
    if (!next) continue;
    const told = tell(next, accounts.get(next.accountId)!, r);
    if (told) events.push(told);
    if (told || JSON.stringify(next) !== JSON.stringify(known)) written.push(next);
  }
  await putBands(tx, written);
  for (let i = 0; i < events.length; i += EVENTS_A_CALL)
    await r.ingest(tx, { events: events.slice(i, i + EVENTS_A_CALL), actor: r.actor, now: r.now.getTime() });
  return { stored: fresh.size, changed: events.length };
}

const keyOf = (account: string, model: string) => `${account} ${model}`;

type Known = { known?: BandRow; score?: NewScore; override?: OverrideRow };

function bandNow(r: Record, key: string, { known, score, override }: Known): BandRow | undefined {
  const [accountId, model] = key.split(' ') as [string, string];
  const definition = modelOf(model);
  // A score of the past is history; it changes nothing of today.
  const newest = score?.band && (!known || score.at >= known.scoredAt) ? score : undefined;
  const latest = newest?.band ?? standing(known);
  const band = latest ?? override?.band;
  if (band === undefined) return undefined;
  const at = newest ? newest.at.getTime() : r.now.getTime();
  const auto = latest
    ? settleBand(definition, known && settledOf(known), { band: latest, at, improvesAfter: r.policy.improvesAfter })
    : { auto: band, autoSince: at, candidate: null, candidateSince: null };
  const inForce = override?.band ?? auto.auto;
  return {
    accountId,
    model,
    band: inForce,
    since: known?.band === inForce ? known.since : new Date(at),
    auto: auto.auto,
    autoSince: new Date(auto.autoSince),
    candidate: auto.candidate,
    candidateSince: auto.candidateSince === null ? null : new Date(auto.candidateSince),
    score: newest ? newest.score : (known?.score ?? null),
    scoredAt: newest?.at ?? known?.scoredAt ?? r.now,
    overrideId: override?.id ?? null,
    told: known?.told ?? null,
    changes: known?.changes ?? 0,
  };
}

/** What the last score came to, as far as the row knows: the better band that it keeps, else its band. */
const standing = (known: BandRow | undefined) => known?.candidate ?? known?.auto;

const settledOf = (row: BandRow) => ({
  auto: row.auto,
  autoSince: row.autoSince.getTime(),
  candidate: row.candidate,
  candidateSince: row.candidateSince?.getTime() ?? null,
});

/** Changes `told` and answers the event when playbooks must hear of the band; they hear of nothing that is only shown, nor that all is well from the start. `previous` is `none` where nothing was acted on before. */
function tell(row: BandRow, account: AccountRow, r: Record): EventBody | undefined {
  const model = modelOf(row.model);
  if (row.band === row.told || !acts(account, r)) return undefined;
  const now = gravity(model, row.band);
  if (row.told === null && now === 0) {
    row.told = row.band;
    return undefined;
  }
  const previous = row.told ?? 'none';
  const direction = row.told === null || now > gravity(model, row.told) ? 'worse' : 'better';
  row.told = row.band;
  row.changes += 1;
  return {
    id: `band:${row.accountId}:${row.model}:${row.changes}`,
    type: BAND_CHANGED,
    account: row.accountId,
    at: r.now.toISOString(),
    data: {
      model: row.model,
      band: row.band,
      previous,
      direction,
      ...(row.score === null ? {} : { score: row.score }),
    },
  };
}

/** Whether the account's bands are acted on, or only shown. */
function acts(account: AccountRow, { policy, now }: Record): boolean {
  if (account.erasedAt || account.closedAt || policy.shown.plans.includes(account.plan)) return false;
  const since = account.facts.subscribed_at;
  if (typeof since !== 'string' || Number.isNaN(Date.parse(since))) return true;
  return now.getTime() - Date.parse(since) >= policy.shown.firstDays * DAY_MS;
}
