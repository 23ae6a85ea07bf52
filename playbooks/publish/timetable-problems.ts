import { DAY_MS } from '../../workflows/contracts/time.ts';
import type { Offset } from '../../workflows/contracts/time.ts';
import type { Due, Timetable, TimetableStep } from '../../workflows/contracts/timetable.ts';
import type { PlaybookProblem } from './parse-playbook.ts';

type Repeat = NonNullable<TimetableStep['repeat']>;

/** What a run may carry of its playbook, bytes as JSON: some three bytes of database for each in every sleeping run. */
export const MAX_TIMETABLE = 16 * 1024;
const YEAR_DAYS = 366;
/** A run that slept decides every occurrence that it missed at once, and carries those decisions. */
const MAX_OCCURRENCES = 1000;

/** Dates that cannot be and figures that do not fit: the end before the start, a step after `maxAge`, a window that never opens. */
export function timetableProblems(timetable: Timetable): PlaybookProblem[] {
  const problems: PlaybookProblem[] = [];
  const size = Buffer.byteLength(JSON.stringify(timetable));
  if (size > MAX_TIMETABLE)
    problems.push({
      path: 'timetable',
      message: `is ${size} bytes; a run carries at most ${MAX_TIMETABLE}: split it into two playbooks, or leave out steps`,
    });
  if (timetable.maxAge < DAY_MS || timetable.maxAge > 10 * YEAR_DAYS * DAY_MS)
    problems.push({ path: 'maxAge', message: 'must be between a day and ten years' });
  const at = (path: string, due: Due) => {
    const offset = offsetFromStart(timetable, due);
    if (offset === undefined) return;
    if (offset < 0) problems.push({ path, message: 'falls before the start' });
    if (offset > timetable.maxAge)
      problems.push({ path, message: 'falls after the greatest age of a journey (maxAge)' });
  };
  for (const step of timetable.steps) {
    at(`step ${step.id} due`, step.due);
    if (step.open?.expires) at(`step ${step.id} open.expires`, step.open.expires);
    if (step.gate) at(`step ${step.id} gate.until`, step.gate.until);
    if (step.repeat) problems.push(...repetitionProblems(step.id, step.repeat, timetable.maxAge));
    if (step.late.within < 0) problems.push({ path: `step ${step.id} late.within`, message: 'must not be negative' });
  }
  for (const stage of timetable.stages) if (stage.end) notAtStart(`stage ${stage.id} end`, stage.end);
  if (timetable.end) notAtStart('end', timetable.end.at);
  problems.push(...stepsAfterTheEnd(timetable));
  return problems;

  function notAtStart(path: string, due: Due) {
    const offset = offsetFromStart(timetable, due);
    if (offset !== undefined && offset <= 0) problems.push({ path, message: 'does not lie after the start' });
    else at(path, due);
  }
}

function repetitionProblems(id: string, { every, max }: Repeat, maxAge: number): PlaybookProblem[] {
  const path = `step ${id} repeat.every`;
  const length = approximate(every);
  if (length <= 0) return [{ path, message: 'must be longer than nothing' }];
  if (Math.min(max ?? Infinity, maxAge / length) <= MAX_OCCURRENCES) return [];
  return [{ path, message: `would repeat more than ${MAX_OCCURRENCES} times within maxAge; lengthen it or set max` }];
}

/** A step that could only ever be dropped is a mistake of the figures, not a plan. */
function stepsAfterTheEnd(timetable: Timetable): PlaybookProblem[] {
  return timetable.steps.flatMap((step) => {
    const stage = timetable.stages.find(({ id }) => id === step.stage)?.end;
    const ends = [stage, timetable.end?.at]
      .flatMap((due) => (due ? [offsetFromStart(timetable, due)] : []))
      .filter((end) => end !== undefined);
    const due = offsetFromStart(timetable, step.due);
    return due !== undefined && ends.some((end) => due > end)
      ? [{ path: `step ${step.id} due`, message: 'falls after the end of its stage or of the journey' }]
      : [];
  });
}

/** ms from the start; undefined where a step, a stage's entry or a given date decides. */
export function offsetFromStart(
  timetable: Timetable,
  due: { from: string; offset: Offset },
  depth = 0,
): number | undefined {
  const own = approximate(due.offset);
  if (due.from === 'start') return own;
  const anchor = timetable.anchors[due.from];
  if (!anchor || 'given' in anchor || depth > 10) return undefined;
  const base = offsetFromStart(timetable, anchor, depth + 1);
  return base === undefined ? undefined : base + own;
}

const approximate = (offset: Offset) => (offset.months * 30 + offset.days) * DAY_MS + offset.ms;
