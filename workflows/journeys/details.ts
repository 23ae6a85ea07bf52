import type { Ended, JourneyInput, State } from '../contracts/journey.ts';
import type { Instant } from '../contracts/time.ts';
import type { Kernel } from '../kernel/kernel.ts';

const day = (at: Instant) => new Date(at).toISOString().slice(0, 16).replace('T', ' ') + ' UTC';

/** What an engineer reads above the history: where the journey stands and what comes next, as Markdown. */
export function currentDetails(
  { account, journeyId }: Pick<JourneyInput, 'account' | 'journeyId'>,
  kernel: Kernel,
  state: State,
): string {
  const { timetable } = kernel;
  const rows = timetable.steps.map((step) => {
    const s = state.steps[step.id];
    const what = s?.outcome ? `${s.outcome}${s.reason ? ` (${s.reason})` : ''}` : (s?.st ?? 'idle');
    const when = s?.at ?? s?.due;
    return `| ${step.id} | ${what} | ${when === undefined ? '' : day(when)} |`;
  });
  return [
    `**${headline(kernel, state)}**`,
    `Account \`${account}\` · journey \`${journeyId}\` · ${timetable.playbook} v${timetable.version} · stage ${kernel.stage(state) ?? 'none'} · plan ${state.plan} · rev ${state.rev}`,
    `| step | state | when |\n|---|---|---|\n${rows.join('\n')}`,
  ].join('\n\n');
}

function headline(kernel: Kernel, state: State): string {
  if (state.ended) return ended(state.ended);
  if (state.pause)
    return `Paused since ${day(state.pause.since)}${state.pause.until ? ` until ${day(state.pause.until)}` : ''}`;
  const next = kernel.next(state);
  return next ? `Next: ${next.step} on ${day(next.at)}` : 'Waiting for an event';
}

const ended = (e: Ended) => `Ended ${day(e.at)}: ${e.outcome} (${e.how})`;
