import type { State } from '../../workflows/contracts/journey.ts';
import type { Playbook } from '../../workflows/contracts/playbook.ts';
import { DAY_MS } from '../../workflows/contracts/time.ts';
import type { Due, Timetable } from '../../workflows/contracts/timetable.ts';
import { bookOf } from '../../workflows/kernel/book.ts';
import { baseFrom, place } from '../../workflows/kernel/due.ts';
import { zoneRules } from '../calendar/zone-rules.ts';
import type { PlaybookProblem } from './parse-playbook.ts';

/** Four years of dates hold every length of month and every weekday on which it may end; the zone has summer time. */
const FIRST = Date.UTC(2027, 0, 1);
const DAYS = 4 * 366;
const ZONE = 'America/New_York';
const HOURS = [5, 23];

/** Legal notices whose date would, for some anchor date, fall outside of the span that the law gives; and spans of what is no legal notice. */
export function noticeProblems(playbook: Playbook, timetable: Timetable): PlaybookProblem[] {
  const specs = playbook.stages.flatMap((stage, i) =>
    stage.steps.map((step, k) => ({ step, path: `stages[${i}].steps[${k}].notice` })),
  );
  return specs.flatMap(({ step, path }) => {
    if (!step.notice) return [];
    const { due, notice } = timetable.steps.find((one) => one.id === step.id)!;
    if (step.class !== 'legal' || step.kind !== 'message')
      return [{ path, message: 'is only for a message of class legal' }];
    if (new Set([due, notice!.opens, notice!.closes].map((one) => one.from)).size > 1)
      return [{ path, message: 'must count from the date that the step itself counts from' }];
    if (notice!.alarm < 0) return [{ path: `${path}.alarm`, message: 'must not be negative' }];
    return spanProblems(timetable, due, notice!, path);
  });
}

function spanProblems(
  timetable: Timetable,
  due: Due,
  notice: { opens: Due; closes: Due; alarm: number },
  path: string,
): PlaybookProblem[] {
  const book = bookOf(timetable, {});
  const state = { zone: zoneRules(ZONE, FIRST - 400 * DAY_MS, 8) } as State;
  const dated = (what: Due, anchor: number) => place(book, state, what, baseFrom(book, state, what, anchor));
  for (let day = 0; day < DAYS; day++)
    for (const hour of HOURS) {
      const anchor = FIRST + day * DAY_MS + hour * 3_600_000;
      const [at, opens, closes] = [dated(due, anchor), dated(notice.opens, anchor), dated(notice.closes, anchor)];
      const of = `for ${new Date(anchor).toISOString().slice(0, 10)}`;
      if (opens >= closes) return [{ path, message: `opens after it closes ${of}` }];
      if (at < opens || at > closes) return [{ path, message: `does not hold the step's own date ${of}` }];
      if (closes - notice.alarm <= at)
        return [{ path: `${path}.alarm`, message: `comes before the step itself ${of}` }];
    }
  return [];
}
