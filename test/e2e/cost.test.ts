import type { temporal } from '@temporalio/proto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { touchesPlaybook, touchesPlaybookId } from '../../bench/touches-playbook.ts';
import { publish } from '../../playbooks/publish/publish.ts';
import { readShipped } from '../../playbooks/publish/read-shipped.ts';
import { journeyCost } from '../../workers/rehearse/history-cost.ts';
import { readPersona } from '../../workers/rehearse/persona.ts';
import { rehearse } from '../../workers/rehearse/rehearse.ts';
import { startRig } from '../../workers/rehearse/rig.ts';
import type { Rig } from '../../workers/rehearse/rig.ts';
import { eventually } from '../support/eventually.ts';
import { testGround } from '../support/ground.ts';
import { high, login, trialPersona } from './personas.ts';
import { putAccount } from './trial-rig.ts';

const GAP = 'PT2S';
/** Less than the gap: a touch that is overdue before its timer is set needs none, and a late task is tried again. */
const HELD_UP_MS = 1_500;
let rig: Rig;
beforeAll(async () => {
  rig = await startRig(await testGround());
  const sources = [touchesPlaybook(1, GAP), touchesPlaybook(5, GAP), together(1), together(4)];
  for (const source of sources) await publish(rig.database.db, { source, by: 'test', now: new Date() });
});
afterAll(() => rig.stop());

/** So many messages, all due at one moment. */
function together(touches: number): string {
  const playbook = parse(touchesPlaybook(touches, GAP)) as {
    id: string;
    stages: { steps: Record<string, unknown>[] }[];
  };
  const steps = playbook.stages[0]!.steps.map(({ after: _after, ...step }) => ({ ...step, due: 'PT2S' }));
  return stringify({ ...playbook, id: `901.together-${touches}`, stages: [{ ...playbook.stages[0], steps }] });
}

type History = temporal.api.history.v1.IHistory;

/** Whether the machine let all of a run come to its turn in time, from when it was asked for. */
function inTime({ events }: History, asked: number): boolean {
  const at = (event?: temporal.api.history.v1.IHistoryEvent | null) =>
    Number(event?.eventTime?.seconds ?? 0) * 1000 + (event?.eventTime?.nanos ?? 0) / 1e6;
  const all = events ?? [];
  if (all.some((event) => event.workflowTaskTimedOutEventAttributes ?? event.workflowTaskFailedEventAttributes))
    return false;
  return all.every((event) => {
    const started = event.workflowTaskStartedEventAttributes ?? event.activityTaskStartedEventAttributes;
    const scheduled = all[Number(started?.scheduledEventId) - 1];
    const since = Number(scheduled?.eventId) === 2 ? asked : at(scheduled);
    return !started || at(event) - since < HELD_UP_MS;
  });
}

const live = (playbook: string) => eventually('a run that nothing held up', async () => lived(playbook), 240_000);

async function lived(playbook: string) {
  const account = await putAccount(rig);
  const asked = Date.now();
  const { body } = await rig.call<{ temporal: { workflowId: string; runId: string } }>('POST', '/v1/journeys', {
    playbook,
    account,
  });
  const { workflowId, runId } = body.temporal;
  await rig.client.workflow.result(workflowId);
  const history = await rig.client.workflow.getHandle(workflowId, runId).fetchHistory();
  if (!inTime(history, asked)) return undefined;
  return {
    cost: await journeyCost(rig.client, workflowId, runId),
    wakeUps: (history.events ?? []).filter((event) => event.timerFiredEventAttributes).length,
  };
}

describe('the cost of a journey', () => {
  it('is exactly 11 events and 2 billable actions a touch', async () => {
    const [one, five] = [await live(touchesPlaybookId(1, GAP)), await live(touchesPlaybookId(5, GAP))];
    expect({ events: five.cost.events - one.cost.events, actions: five.cost.actions - one.cost.actions }).toEqual({
      events: 4 * 11,
      actions: 4 * 2,
    });
  });

  it('has one wake-up for all steps that are due together', async () => {
    const [one, four] = [await live('901.together-1'), await live('901.together-4')];
    expect([one.wakeUps, four.wakeUps]).toEqual([1, 1]);
    expect(four.cost.actions - one.cost.actions).toBe(3);
    expect(four.cost.events - one.cost.events).toBeLessThanOrEqual(3 * 6);
  });

  it('of a whole 002.trial stays within its bounds', async () => {
    const playbook = await readShipped('002.trial');
    const { history, entries } = await rehearse(
      await testGround(),
      playbook,
      readPersona(trialPersona({ metrics: high, events: login }), playbook),
    );
    process.stdout.write(
      `002.trial, high usage: ${history.events} events, ${history.actions} billable actions, ${entries.length} entries\n`,
    );
    expect(history.events).toBeLessThanOrEqual(140);
    expect(history.actions).toBeLessThanOrEqual(30);
  });
});
