import * as wf from '@temporalio/workflow';
import {
  COMMAND_REFUSED,
  TenurePlaybook,
  TenureState,
  commandUpdate,
  happenedSignal,
  journeyStateQuery,
  playbookOf,
} from '../messages.ts';
import type { Command } from '../contracts/commands.ts';
import type {
  Change,
  CommandAnswer,
  DeliverInput,
  DeliverOutcome,
  Effect,
  Ended,
  Input,
  JourneyInput,
} from '../contracts/journey.ts';
import { shiftedNow, shownFrom } from '../contracts/time.ts';
import type { Timetable } from '../contracts/timetable.ts';
import type { Rules } from '../rules/rules.ts';
import { createKernel } from '../kernel/create-kernel.ts';
import { createAlarms } from './alarms.ts';
import { conclude, deliver, escalate, recordCommand } from './activities.ts';
import { currentDetails } from './details.ts';

/** Our activities try for ever: one that failed was failed by an engineer, who knows of it. */
const givenUp = (error: unknown) => {
  if (!(error instanceof wf.ActivityFailure)) throw error;
};

type InputNow = Input extends infer I ? (I extends Input ? Omit<I, 'now'> : never) : never;

/**
 * Runs one journey from its input to its end, whatever its kind.
 *
 * Owns the run's state and its clock. Invariants:
 *   I1. `state` changes only in `apply`, which never awaits; so no handler, signal or outcome can interleave.
 *   I2. Effects are started beside the loop, never awaited by it; what they find comes back through `apply`.
 *   I3. The loop waits on the next due date, not on the revision: a touch costs 11 events, not 13.
 *   I4. The run ends, or continues as new, only when nothing is in flight and every handler has answered.
 *   I5. To cancel the run is to exit the journey: what is on its way is recalled, and the end is written as any other.
 */
export async function runJourney(input: JourneyInput, rules: Rules): Promise<Ended> {
  const { cancelRequested } = wf.CancellationScope.current();
  const shield = new wf.CancellationScope({ cancellable: false });
  const { journeyId, account, clockShift = 0 } = input;
  let kernel = createKernel(input.timetable, rules);
  const now = () => shiftedNow(Date.now(), clockShift);
  const inFlight = new Map<string, wf.CancellationScope>();
  const alarms = createAlarms();
  const firstRev = input.state.rev;
  let state = input.state;

  const apply = (part: InputNow) => {
    const advanced = kernel.advance(state, { now: now(), ...part } as Input);
    state = advanced.state;
    if (advanced.timetable) goOver(advanced.timetable);
    advanced.effects.forEach(start);
    showDetails();
    return advanced;
  };

  let shown = true;
  // Once a workflow task, however many events it brings.
  const showDetails = () => {
    if (!shown) return;
    shown = false;
    void Promise.resolve().then(() => {
      shown = true;
      wf.setCurrentDetails(currentDetails(input, kernel, state));
    });
  };

  const goOver = (timetable: Timetable) => {
    kernel = kernel.on(timetable);
    wf.upsertSearchAttributes([{ key: TenurePlaybook, value: playbookOf(timetable) }]);
  };

  const start = (effect: Effect) => {
    if (effect.t === 'touch') touch(effect);
    else if (effect.t === 'recall') inFlight.get(effect.step)?.cancel();
    else if (effect.t === 'escalate') {
      const { step, n, level } = effect;
      void beside(`${step}^${level}`, () => escalate({ journeyId, account, step, n, level, clockShift, state })).catch(
        givenUp,
      );
    } else wf.upsertSearchAttributes([{ key: TenureState, value: kernel.status(state) }]);
  };

  const beside = <T>(key: string, run: () => Promise<T>): Promise<T> => {
    const scope = new wf.CancellationScope({ cancellable: true, parent: shield });
    inFlight.set(key, scope);
    return scope.run(run).finally(() => inFlight.delete(key));
  };

  const touch = ({ step, n, due, staleAfter }: Effect & { t: 'touch' }) => {
    const told = { journeyId, account, step, n, due, staleAfter, clockShift, state };
    void beside(step, () => tell(told)).then((outcome) => apply({ t: 'outcome', step, n, outcome }));
  };

  const tell = async (told: DeliverInput): Promise<DeliverOutcome> => {
    try {
      return await deliver.executeWithOptions({ summary: titleOf(told.step) }, [told]);
    } catch (error) {
      // An attempt that was running when the touch was recalled may end as a failure that the server no longer retries.
      if (wf.isCancellation(error) || wf.CancellationScope.current().consideredCancelled) return { is: 'recalled' };
      if (error instanceof wf.ActivityFailure) return { is: 'failed', reason: 'internal-error' };
      throw error;
    }
  };

  function refuse(command: Command): void {
    const refusal = kernel.refuse(state, command, now());
    if (refusal) throw wf.ApplicationFailure.nonRetryable(refusal.code, COMMAND_REFUSED, refusal);
  }

  async function answer(command: Command): Promise<CommandAnswer> {
    refuse(command);
    const before = state;
    const duplicate = Object.hasOwn(state.answered, command.id);
    const recalled = apply({ t: 'command', command }).effects.flatMap((e) => (e.t === 'recall' ? [e.step] : []));
    const rev = state.answered[command.id] ?? state.rev;
    const changes = kernel.changes(before, state);
    if (duplicate) return { rev, status: kernel.status(state), changes, duplicate };
    await wf.condition(() => recalled.every((step) => !inFlight.has(step)));
    const result: CommandAnswer = {
      rev,
      status: kernel.status(state),
      changes: [...changes, ...whatBecameOf(recalled)],
    };
    await recordCommand({ journeyId, commandId: command.id, answer: result, state, at: now() });
    return result;
  }

  const titleOf = (step: string) => kernel.timetable.steps.find((s) => s.id === step)?.title ?? step;

  const whatBecameOf = (recalled: string[]): Change[] =>
    recalled.map((step) => {
      const s = state.steps[step];
      return s?.outcome && s.outcome !== 'dropped'
        ? { what: step, to: s.outcome, note: 'was already at the provider' }
        : { what: step, note: 'recalled before it left' };
    });

  const mayContinueAsNew = () =>
    inFlight.size === 0 &&
    wf.allHandlersFinished() &&
    (wf.workflowInfo().continueAsNewSuggested || state.rev - firstRev >= (input.continueEvery ?? Infinity));

  async function live(): Promise<Ended> {
    apply({ t: 'tick' });
    while (!state.ended || inFlight.size > 0) {
      if (!state.ended && mayContinueAsNew()) {
        await wf.continueAsNew<(next: JourneyInput) => Promise<Ended>>({
          ...input,
          timetable: kernel.timetable,
          state,
        });
      }
      const wake = kernel.nextWake(state);
      const moved = () => (state.ended ? inFlight.size === 0 : kernel.nextWake(state) !== wake || mayContinueAsNew());
      if (wake === undefined || state.ended) await alarms.never(moved);
      else if (wake > now())
        await alarms.until(
          wake,
          Math.max(1, shownFrom(wake, clockShift) - clockShift - Date.now()),
          wakeSummary(wake),
          moved,
        );
      if (!state.ended) apply({ t: 'tick' });
    }
    await conclude({ journeyId, account, at: now(), state });
    await wf.condition(wf.allHandlersFinished);
    return state.ended;
  }

  // Last of all: a handler is called at once for what came before the run's first task, and may need anything above.
  wf.setHandler(journeyStateQuery, () => state, { description: 'The whole kernel state' });
  wf.setHandler(
    happenedSignal,
    (happenings) => happenings.forEach((happening) => apply({ t: 'happening', happening })),
    {
      description: 'Facts and events, in the order in which they were stored',
    },
  );
  wf.setHandler(commandUpdate, (command) => shield.run(() => answer(command)), {
    validator: refuse,
    description: 'A staff command: accepted with its new dates, or refused with the reason',
  });

  const exit = () => {
    if (!state.ended) apply({ t: 'command', command: { id: 'cancelled', name: 'exit' } });
  };
  cancelRequested.catch(exit);
  return shield.run(live);

  function wakeSummary(wake: number): string {
    const next = kernel.next(state);
    return next?.at === wake ? titleOf(next.step) : 'next date';
  }
}
