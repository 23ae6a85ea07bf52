import type { Command, Refusal } from '../contracts/commands.ts';
import type { State } from '../contracts/journey.ts';
import type { Instant } from '../contracts/time.ts';
import type { Book } from './book.ts';
import { own } from './own.ts';
import { asBody, iso, no } from './refusal.ts';
import { refuseExtend, refuseMove, refusePause } from './refuse-dates.ts';
import { refuseFollower, refusePostpone, refuseRunNow, refuseStep, refuseUnapproved } from './refuse-steps.ts';
import { heard } from './views.ts';

/** Why a command would not be applied now; undefined when it would, and for the repeat of an answered one. */
export function refuse(book: Book, s: State, c: Command, now: Instant): Refusal | undefined {
  if (own(s.answered, c.id) !== undefined) return undefined;
  if (s.ended) return no('journey-ended', `The journey ended on ${iso(s.ended.at)} with outcome ${s.ended.outcome}.`);
  if (changedSince(s, c)) {
    const nearest = refuseNow(book, s, c, now) ? null : asBody(c);
    return no(
      'changed-since-preview',
      `The journey has changed since revision ${c.ifRev}; it is now at ${s.rev}.`,
      nearest,
    );
  }
  return refuseNow(book, s, c, now);
}

function changedSince(s: State, { ifRev, ifHeard }: Command): boolean {
  if (!ifHeard) return ifRev !== undefined && ifRev !== s.rev;
  const now = heard(s);
  return ifHeard.command !== now.command || ifHeard.happening !== now.happening;
}

function refuseNow(book: Book, s: State, c: Command, now: Instant): Refusal | undefined {
  switch (c.name) {
    case 'pause':
      return refusePause(s, c.until, now);
    case 'resume':
      return s.pause ? undefined : no('not-paused', 'The journey is not paused.', { command: 'pause' });
    case 'skip':
      return refuseStep(s, c.step);
    case 'run-now':
      return refuseStep(s, c.step) ?? refuseFollower(book, s, c.step) ?? refuseRunNow(book, s, c.step, now);
    case 'postpone':
      return refuseStep(s, c.step) ?? refuseFollower(book, s, c.step) ?? refusePostpone(book, s, c.step, c.to, now);
    case 'extend':
      return refuseExtend(book, s, c.by, c.stage);
    case 'move-date':
      return refuseMove(book, s, c.date, c.anchor, now);
    case 'change-plan':
      return s.plan === c.plan ? no('same-value', `The plan is ${c.plan} already.`) : undefined;
    case 'set-owner':
      return s.owner === c.owner ? no('same-value', `The owner is ${c.owner} already.`) : undefined;
    case 'approve':
    case 'edit':
    case 'reject':
      return refuseUnapproved(book, s, c.step, c.name);
    case 'migrate':
      return refuseMigrate(book, s, c);
    case 'note':
    case 'exit':
      return undefined;
  }
}

function refuseMigrate(book: Book, s: State, c: Extract<Command, { name: 'migrate' }>): Refusal | undefined {
  const { playbook, version } = book.timetable;
  if (c.timetable.playbook === playbook && c.timetable.version === version)
    return no('same-version', `The journey follows ${playbook} version ${version} already.`);
  if (c.program > (s.program ?? 0)) return undefined;
  return no('changed-since-preview', `The journey has gone over to ${playbook} version ${version} meanwhile.`);
}
