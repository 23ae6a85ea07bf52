import type { Command } from '../contracts/commands.ts';
import type { State, StepState } from '../contracts/journey.ts';
import type { Instant } from '../contracts/time.ts';
import { extendAnchor, moveAnchor } from './anchors.ts';
import type { Draft } from './book.ts';
import { endJourney, finish } from './deciding.ts';
import { pause, resume } from './pausing.ts';
import { startStep } from './starting.ts';

const REMEMBERED = 256;

/** Carries out a command that is not refused. */
export function command(d: Draft, c: Exclude<Command, { name: 'migrate' }>, now: Instant): void {
  const { s } = d;
  switch (c.name) {
    case 'pause':
      return pause(d, { since: now, until: c.until, clock: c.clock, by: c.id });
    case 'resume':
      return resume(d, Math.min(now, s.pause!.until ?? now));
    case 'skip':
      return finish(d, d.book.steps.get(c.step)!, 'skipped', 'command', now);
    case 'run-now':
      put(s, c.step, now, 'run-now', now);
      return startStep(d, d.book.steps.get(c.step)!, now);
    case 'postpone':
      return put(s, c.step, c.to, 'postpone', now);
    case 'extend':
      return extendAnchor(d, d.book.timetable.extend!.anchor, c.by, now);
    case 'move-date':
      return moveAnchor(d, c.anchor ?? d.book.timetable.moves!, c.date, now);
    case 'change-plan':
      s.plan = c.plan;
      return;
    case 'set-owner':
      s.owner = c.owner;
      return;
    case 'approve':
      return approve(s.steps[c.step]!, c.id, now);
    case 'reject':
      return finish(d, d.book.steps.get(c.step)!, 'skipped', 'approval-rejected', now);
    case 'edit':
    case 'note':
      return;
    case 'exit':
      return endJourney(d, 'exited', 'command', now);
  }
}

/** Lets go what waited for approval; the time that took is no lateness. */
function approve(x: StepState, id: string, now: Instant): void {
  x.approvedBy = id;
  x.set = now - (x.shift ?? 0);
  x.base = now;
  x.due = now;
  x.begun = now;
  delete x.hold;
  delete x.firstDue;
}

function put(s: State, id: string, to: Instant, by: 'run-now' | 'postpone', now: Instant): void {
  const x = s.steps[id]!;
  x.st = 'waiting';
  x.set = to;
  x.base = to;
  x.due = to;
  x.byCommand = by;
  // A date given during a pause is meant as that date: the pause takes nothing of a wait that begins there.
  x.begun = s.pause ? to : now;
  delete x.shift;
  delete x.hold;
  delete x.firstDue;
}

/** Keeps the newest command ids with the revision at which each was applied. */
export function remember(answered: Record<string, number>, id: string, rev: number): Record<string, number> {
  const all = { ...answered, [id]: rev };
  const ids = Object.keys(all);
  if (ids.length <= REMEMBERED) return all;
  const oldest = ids.reduce((a, b) => (all[b]! < all[a]! ? b : a));
  delete all[oldest];
  return all;
}
