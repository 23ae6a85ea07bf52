import type { State, StepState } from '../contracts/journey.ts';
import type { Instant } from '../contracts/time.ts';
import type { TimetableStep } from '../contracts/timetable.ts';
import type { Book, Draft } from './book.ts';
import { addOffset } from './calendar.ts';
import { endJourney, finish } from './deciding.ts';
import { freezesEnds, isNoticeAt, journeyEnd, spanOf, stageEnd } from './due.ts';
import { own } from './own.ts';
import { resume } from './pausing.ts';
import { reactToSteps } from './reacting.ts';
import { endStage, follow } from './stages.ts';
import { raiseAlarm, startStep } from './starting.ts';

type What = 'resume' | 'max-age' | 'end' | 'stage-end' | 'gate' | 'expire' | 'escalate' | 'alarm' | 'step';

/** The next thing that time alone brings, and where it stands among others of that instant. */
export type Moment = { at: Instant; rank: number; what: What; id: string };

/** More than any journey has due at once; a guard against a timetable that would never settle. */
const MOST_MOMENTS = 10_000;

const RANK = { resume: 0, notice: 1, escalate: 2, expire: 3, end: 4, 'max-age': 4, 'stage-end': 5, gate: 6, step: 7 };

/** The earliest thing that time alone brings; undefined when only an input can change anything. */
export function nextMoment(book: Book, s: State): Moment | undefined {
  if (s.ended) return undefined;
  let best: Moment | undefined;
  const see = (at: Instant | undefined, rank: number, what: What, id: string) => {
    if (at === undefined) return;
    if (!best || at < best.at || (at === best.at && rank < best.rank)) best = { at, rank, what, id };
  };
  if (s.pause?.until != null) see(s.pause.until, RANK.resume, 'resume', '');
  see(s.startedAt + book.timetable.maxAge, RANK['max-age'], 'max-age', '');
  const end = journeyEnd(book, s);
  const frozen = freezesEnds(book, s.pause);
  if (end !== undefined && !frozen && !noticeInFlight(book, s, end)) see(end, RANK.end, 'end', '');
  for (const stage of book.timetable.stages) {
    const y = s.stages[stage.id]!;
    if (stage.end && y.entered !== undefined && y.ended === undefined && !frozen) {
      see(stageEnd(book, s, stage.id), RANK['stage-end'], 'stage-end', stage.id);
    }
  }
  for (const step of book.timetable.steps) {
    const x = s.steps[step.id]!;
    if (step.notice) see(alarmAt(book, s, step, x), RANK.escalate, 'alarm', step.id);
    if (x.st === 'open') seeOpen(s, step, x, see);
    else if (step.kind === 'milestone') {
      if (x.st === 'waiting' && !(s.pause && step.clock === 'freeze')) see(x.due, RANK.notice, 'step', step.id);
    } else if (s.pause && step.class !== 'legal') continue;
    else if (x.st === 'gated') see(x.gateUntil, RANK.gate, 'gate', step.id);
    else if (x.st === 'waiting') {
      const first = !best || x.due! <= best.at;
      if (first) see(x.due, isNoticeAt(book, s, step, x.due!) ? RANK.notice : RANK.step, 'step', step.id);
    }
  }
  return best;
}

/** The journey's end waits for its own notice when that is on its way. */
function noticeInFlight(book: Book, s: State, end: Instant): boolean {
  return book.timetable.steps.some((step) => {
    const x = s.steps[step.id]!;
    return x.st === 'sending' && x.due! >= end && isNoticeAt(book, s, step, end);
  });
}

/** A notice that leaves as soon as it can needs no alarm. */
const GRACE_MS = 3_600_000;

/** When somebody must be told that a legal notice has not left; undefined when it has, or they have been. */
function alarmAt(book: Book, s: State, step: TimetableStep, x: StepState): Instant | undefined {
  if (x.st === 'done' || x.st === 'open' || (x.level ?? 0) > 0 || x.planned === undefined) return undefined;
  const closes = spanOf(book, s, step)?.closes;
  if (closes === undefined) return undefined;
  return Math.min(closes, Math.max(closes - step.notice!.alarm, (x.begun ?? s.startedAt) + GRACE_MS));
}

function seeOpen(
  s: State,
  step: TimetableStep,
  x: StepState,
  see: (at: Instant | undefined, rank: number, what: What, id: string) => void,
): void {
  if (s.pause && step.open?.clock === 'freeze') return;
  see(x.expires, RANK.expire, 'expire', step.id);
  for (const y of step.open?.escalations ?? []) {
    if (y.level > (x.level ?? 0) && !isSpared(x, y))
      see(escalationAt(s, x, y.after), RANK.escalate, 'escalate', step.id);
  }
}

type Escalation = NonNullable<NonNullable<TimetableStep['open']>['escalations']>[number];

const isSpared = (x: StepState, y: Escalation): boolean => y.unless === 'booked' && x.booked !== undefined;

function escalationAt(
  s: State,
  x: StepState,
  after: { months: number; days: number; ms: number },
): Instant | undefined {
  const back = after.months < 0 || after.days < 0 || after.ms < 0;
  if (back) return x.expires === undefined ? undefined : Math.max(x.since!, addOffset(s.zone, x.expires, after));
  return addOffset(s.zone, x.since!, after) + (x.shift ?? 0);
}

function escalate(d: Draft, step: TimetableStep, at: Instant): void {
  const x = d.s.steps[step.id]!;
  const due = (step.open?.escalations ?? []).filter(
    (y) => y.level > (x.level ?? 0) && !isSpared(x, y) && escalationAt(d.s, x, y.after)! <= at,
  );
  for (const y of due.sort((a, b) => a.level - b.level)) {
    x.level = y.level;
    d.effects.push({ t: 'escalate', step: step.id, n: x.n, level: y.level });
  }
}

function endByTimetable(d: Draft, at: Instant): void {
  const { outcomes } = d.book.timetable.end!;
  const outcome = outcomes.find((x) => x.flag === undefined || own(d.s.flags, x.flag) !== undefined);
  endJourney(d, outcome?.outcome ?? 'completed', 'timetable', at);
}

function happen(d: Draft, m: Moment, now: Instant): void {
  const step = d.book.steps.get(m.id);
  if (m.what === 'resume') resume(d, m.at);
  else if (m.what === 'max-age') endJourney(d, 'max-age', 'max-age', m.at);
  else if (m.what === 'end') endByTimetable(d, m.at);
  else if (m.what === 'stage-end') endStage(d, m.id, m.at);
  else if (m.what === 'gate') finish(d, step!, 'skipped', step!.gate!.reason, m.at);
  else if (m.what === 'expire') finish(d, step!, step!.open?.otherwise ?? 'expired', 'not-answered', m.at);
  else if (m.what === 'escalate') escalate(d, step!, m.at);
  else if (m.what === 'alarm') raiseAlarm(d, step!);
  else startStep(d, step!, now);
}

/** What follows from what was decided, and from what that has ended. */
export function followAll(d: Draft, at: Instant): void {
  do {
    reactToSteps(d, at);
    follow(d, at);
  } while (d.closed.length > 0 && !d.s.ended);
}

/** Lets everything happen that has come due by `now`, each in its own time and order; true when something did. */
export function settle(d: Draft, now: Instant): boolean {
  let changed = false;
  let left = MOST_MOMENTS;
  followAll(d, now);
  for (let m = nextMoment(d.book, d.s); m && m.at <= now; m = nextMoment(d.book, d.s)) {
    if (left-- === 0)
      throw new RangeError(`the timetable of ${d.book.timetable.playbook} does not settle: ${m.what} ${m.id}`);
    happen(d, m, now);
    followAll(d, m.what === 'step' ? now : m.at);
    changed = true;
  }
  return changed;
}
