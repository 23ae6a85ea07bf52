import type { ConfigValue, Playbook } from '../../workflows/contracts/playbook.ts';
import { LocalTime } from '../../workflows/contracts/time-schema.ts';
import { resolver } from './compile-due.ts';
import type { PlaybookProblem } from './parse-playbook.ts';

const DECIDES = ['send', 'drop', 'wait'];

/** Figures that no timetable holds and `deliver` reads later: approvals, service levels and pauses of billing. */
export function figureProblems(playbook: Playbook, config: Record<string, ConfigValue>): PlaybookProblem[] {
  const problems: PlaybookProblem[] = [];
  const resolve = resolver(config);
  const fits = (path: string, read: () => unknown) => {
    try {
      read();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      problems.push({ path, message: error.message });
    }
  };
  playbook.stages.forEach((stage, i) =>
    stage.steps.forEach(({ approval, task }, k) => {
      const path = `stages[${i}].steps[${k}]`;
      if (approval) {
        fits(`${path}.approval.within`, () => positive(resolve.ms(approval.within), approval.within));
        const { otherwise } = approval;
        const decides = otherwise.startsWith('$') ? config[otherwise.slice(1)] : otherwise;
        if (!DECIDES.includes(String(decides)))
          problems.push({ path: `${path}.approval.otherwise`, message: `must be one of ${DECIDES.join(', ')}` });
      }
      if (task?.sla !== undefined) {
        const { sla } = task;
        const isTime = LocalTime.safeParse(sla.startsWith('$') ? config[sla.slice(1)] : sla).success;
        fits(`${path}.task.sla`, () => (isTime ? resolve.minute(sla) : resolve.ms(sla)));
        if (task.slaAtLeast !== undefined) fits(`${path}.task.slaAtLeast`, () => resolve.ms(task.slaAtLeast!));
      }
    }),
  );
  playbook.offers.forEach(({ once, pausesBilling }, i) => {
    if (once !== undefined) fits(`offers[${i}].once`, () => positive(length(resolve.offset(once)), once));
    if (pausesBilling)
      fits(`offers[${i}].pausesBilling.months`, () => {
        const months = resolve.number(pausesBilling.months);
        if (!Number.isInteger(months) || months < 1 || months > 12)
          throw new RangeError('must be 1 to 12 whole months');
      });
  });
  return problems;
}

const length = ({ months, days, ms }: { months: number; days: number; ms: number }) => months + days + ms;

function positive(value: number, what: string): void {
  if (!(value > 0)) throw new RangeError(`${what} is not longer than nothing`);
}
