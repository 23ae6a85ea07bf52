import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import proto from '@temporalio/proto';
import { toCommand } from '../../../api/commands/to-command.ts';
import { audit, commands } from '../../../db/schema/index.ts';
import { CommandBody } from '../../../workflows/contracts/commands.ts';
import type { Command } from '../../../workflows/contracts/commands.ts';
import type { State } from '../../../workflows/contracts/journey.ts';
import { createKernel } from '../../../workflows/kernel/create-kernel.ts';
import { journeyStateQuery } from '../../../workflows/messages.ts';
import { rulesOf } from '../../../workflows/rules/rules-of.ts';
import { testGround } from '../../support/ground.ts';
import { eventually } from '../../support/eventually.ts';
import { mails } from './playbooks.ts';
import { startSystem } from './system.ts';
import type { Answer, Journey, System } from './system.ts';

const QUIET = '901.quiet';
const JOURNEYS = 60;
const DAY = 86_400_000;
const playbooks = [
  mails(
    QUIET,
    ['a', 'b', 'c', 'd', 'e'].map((id, k) => ({ id, after: `P${k + 1}D` })),
  ),
];
const {
  EVENT_TYPE_WORKFLOW_TASK_FAILED: FAILED,
  EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED: ACCEPTED,
  EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED: COMPLETED,
} = proto.temporal.api.enums.v1.EventType;

let system: System;
beforeAll(async () => void (system = await startSystem(await testGround(), { playbooks })));
afterAll(() => system.stop());

type Said = { command: string; id: string; [argument: string]: unknown };
const soon = (days: number) => new Date(Date.now() + days * DAY).toISOString();
/** Fourteen commands of every kind, in an order of the journey's own; some of them cannot be accepted together. */
const mixture = (k: number): Said[] => {
  const all = [
    { command: 'pause' },
    { command: 'pause', until: soon(20), clock: 'run-on' },
    { command: 'resume' },
    { command: 'resume' },
    { command: 'skip', step: 'b' },
    { command: 'run-now', step: 'e' },
    { command: 'postpone', step: 'c', to: soon(6) },
    { command: 'postpone', step: 'd', to: soon(7) },
    { command: 'extend', duration: 'P2D' },
    { command: 'extend', duration: 'P41D' },
    { command: 'set-owner', owner: 'grace' },
    { command: 'change-plan', plan: 'professional' },
    { command: 'move-date', date: soon(9) },
    { command: 'note' },
  ];
  return all.map((_, i) => ({ ...all[(i * 5 + k * 3) % 14]!, id: `c${i}` }));
};

const insist = (journey: Journey, said: Said): Promise<Answer<{ code?: string; rev?: number }>> =>
  system.insist(journey, said);
const rowsOf = (journey: Journey) =>
  system.database.db.select().from(commands).where(eq(commands.journeyId, journey.id));
const auditOf = async (journey: Journey) =>
  (
    await system.database.db
      .select()
      .from(audit)
      .where(eq(audit.target, `journey:${journey.id}`))
  ).filter((row) => row.action.startsWith('journey.') && 'command' in row.details);
const stateOf = (journey: Journey): Promise<State> =>
  system.client.workflow.getHandle(journey.workflowId).query(journeyStateQuery);

/** The states that the journey went through, by applying what was applied in the order of its revisions. */
async function statesOf(journey: Journey) {
  const row = await system.journeyRow(journey);
  const kernel = createKernel(row.timetable, rulesOf(row.kind));
  const first = await system.client.workflow.getHandle(journey.workflowId).fetchHistory();
  const input = first.events![0]!.workflowExecutionStartedEventAttributes!.input!.payloads![0]!;
  let { state } = JSON.parse(Buffer.from(input.data!).toString()) as { state: State };
  state = kernel.advance(state, { t: 'tick', now: row.startedAt.getTime() }).state;
  const states = [state];
  const applied = (await rowsOf(journey)).filter((one) => one.state === 'applied').sort((a, b) => a.rev! - b.rev!);
  for (const one of applied) {
    const { state: next, effects } = kernel.advance(state, {
      t: 'command',
      command: one.body.run as Command,
      now: one.receivedAt.getTime(),
    });
    state = next;
    states.push(state);
    for (const effect of effects)
      if (effect.t === 'touch')
        states.push(
          (state = kernel.advance(state, {
            t: 'outcome',
            step: effect.step,
            n: effect.n,
            outcome: { is: 'sent' },
            now: one.receivedAt.getTime(),
          }).state),
        );
  }
  return { kernel, states, zone: row.snapshot.zone };
}

it(`${JOURNEYS} journeys of 14 commands at once: no failed workflow task, no false refusal, and the record agrees with the answers`, async () => {
  const journeys = await Promise.all(Array.from({ length: JOURNEYS }, () => system.begin(QUIET)));
  const answers = await Promise.all(
    journeys.map((journey, k) => Promise.all(mixture(k).map((said) => insist(journey, said)))),
  );
  const counts = await Promise.all(journeys.map((journey, k) => agree(journey, mixture(k), answers[k]!)));
  expect(counts.reduce((sum, applied) => sum + applied, 0)).toBeGreaterThan(JOURNEYS * 6);
  expect(counts.reduce((sum, applied) => sum + applied, 0)).toBeLessThan(JOURNEYS * 12);

  // What is under way now would be known to the run before it is written, with its next touch.
  await Promise.all(journeys.map(nothingIsSending));
  const last = await Promise.all(journeys.map((journey) => insist(journey, { command: 'note', id: 'last' })));
  expect(last.map((answer) => answer.status)).toEqual(journeys.map(() => 200));
  await Promise.all(journeys.map(sound));
});

/** The answers, the rows, the audit trail and the kernel tell the same story; answers how many commands were applied. */
async function agree(journey: Journey, said: Said[], answers: Answer<{ code?: string }>[]): Promise<number> {
  const rows = new Map((await rowsOf(journey)).map((row) => [row.id, row]));
  const { kernel, states, zone } = await statesOf(journey);
  for (const [i, answer] of answers.entries()) {
    const row = rows.get(said[i]!.id)!;
    expect([200, 409], JSON.stringify(answer)).toContain(answer.status);
    expect(row.state).toBe(answer.status === 200 ? 'applied' : 'refused');
    if (answer.status === 200) continue;
    const command = toCommand(CommandBody.parse({ reason: 'a test', ...said[i] }), row.id, zone);
    const possible = states.map((state) => kernel.refuse(state, command, row.receivedAt.getTime())?.code);
    expect(possible, `${row.name} was refused as ${answer.body.code}`).toContain(answer.body.code);
  }
  const applied = answers.filter((answer) => answer.status === 200).length;
  const written = await auditOf(journey);
  expect(written.filter((row) => !row.action.endsWith('.refused'))).toHaveLength(applied);
  expect(written).toHaveLength(said.length);
  return applied;
}

const nothingIsSending = (journey: Journey) =>
  eventually('nothing is under way', async () =>
    Object.values((await stateOf(journey)).steps).every((step) => step.st !== 'sending'),
  );

/** The run, its snapshot and its history are whole. */
async function sound(journey: Journey): Promise<void> {
  const [state, row, { states }] = await Promise.all([stateOf(journey), system.journeyRow(journey), statesOf(journey)]);
  expect(row.snapshot).toEqual(state);
  expect(row.rev).toBe(state.rev);
  expect(row.stopFlag).toBe(state.pause ? 'paused' : null);
  expect(gist(state)).toEqual(gist(states.at(-1)!));
  const { events } = await system.client.workflow.getHandle(journey.workflowId).fetchHistory();
  const count = (type: number) => events!.filter((event) => event.eventType === type).length;
  expect(count(FAILED)).toBe(0);
  expect(count(COMPLETED)).toBe(count(ACCEPTED));
  expect(count(COMPLETED)).toBe((await rowsOf(journey)).filter((one) => one.state === 'applied').length);
}

const gist = ({ pause, owner, plan, extended, steps }: State) => ({
  paused: Boolean(pause),
  owner,
  plan,
  extended,
  b: steps.b!.st,
});

/** An answer that leaves open what became of the command says so, and under which id to ask again. */
const honest = (answer: Answer, id: string) =>
  expect(answer.body, JSON.stringify(answer)).toMatchObject({ outcome: 'unknown', id, retryable: true });

describe.concurrent('one journey', () => {
  it('takes 12 commands at once: each is applied or told to come again, and then applied once', async () => {
    const journey = await system.begin(QUIET);
    const said = Array.from({ length: 12 }, (_, i) => ({ command: 'note', id: `n${i}` }));
    const first = await Promise.all(said.map((one) => system.command(journey, one)));
    for (const [i, answer] of first.entries()) if (![200, 429].includes(answer.status)) honest(answer, said[i]!.id);
    const again = await Promise.all(said.map((one) => insist(journey, one)));
    expect(again.map((answer) => answer.status)).toEqual(said.map(() => 200));
    expect(await auditOf(journey)).toHaveLength(12);
    expect(Object.keys((await stateOf(journey)).answered)).toHaveLength(12);
  });

  it('applies one of two pauses at once and refuses the other; a resume while it runs is refused with what would be accepted', async () => {
    const journey = await system.begin(QUIET);
    expect(await system.insist(journey, { command: 'resume' })).toMatchObject({
      status: 409,
      body: { code: 'not-paused', nearest: { command: 'pause' } },
    });
    const both = await Promise.all(['p', 'q'].map((id) => system.insist(journey, { command: 'pause', id })));
    expect(both.map((answer) => answer.status).sort()).toEqual([200, 409]);
    expect(both.find((answer) => answer.status === 409)!.body).toMatchObject({
      code: 'already-paused',
      nearest: { command: 'resume' },
    });
    expect(await system.journeyRow(journey)).toMatchObject({ state: 'paused', stopFlag: 'paused' });
    const resumed = await Promise.all(['r', 's'].map((id) => system.insist(journey, { command: 'resume', id })));
    expect(resumed.map((answer) => answer.status).sort()).toEqual([200, 409]);
    expect(await system.journeyRow(journey)).toMatchObject({ state: 'running', stopFlag: null });
  });

  it('answers one id the same however often it is asked, at once or later, applies it once, and refuses another body under it', async () => {
    const journey = await system.begin(QUIET);
    const said = { command: 'extend', duration: 'P3D', id: 'e' };
    const five = await Promise.all(Array.from({ length: 5 }, () => insist(journey, said)));
    const later = await insist(journey, said);
    for (const answer of [...five, later]) {
      expect(answer).toMatchObject({ status: 200, body: { accepted: true, id: 'e' } });
      expect(answer.body.rev).toBe(later.body.rev);
    }
    expect((await stateOf(journey)).extended).toEqual({ trialEnd: 3 * DAY });
    expect(await auditOf(journey)).toHaveLength(1);
    const other = await insist(journey, { ...said, duration: 'P4D' });
    expect(other).toMatchObject({ status: 422, body: { code: 'id-reused' } });
    expect((await stateOf(journey)).extended).toEqual({ trialEnd: 3 * DAY });
  });
});

describe('a command whose answer never came', () => {
  it('is answered as unknown, and truly when it is repeated; it was applied once', async () => {
    const { url, taskQueue } = system;
    const ground = await testGround();
    for (const commandMs of [1, 15]) {
      const hasty = await startSystem(ground, {
        databaseUrl: url,
        taskQueue,
        withoutWorker: true,
        limits: { commandMs },
      });
      try {
        const journeys = await Promise.all(Array.from({ length: 4 }, () => system.begin(QUIET)));
        const said = { command: 'extend', duration: 'P3D', id: 'e' };
        const first = await Promise.all(journeys.map((journey) => hasty.command(journey, said)));
        for (const answer of first) if (answer.status !== 200) honest(answer, 'e');
        if (commandMs === 1) expect(first.map((answer) => answer.status >= 503)).toContain(true);
        for (const journey of journeys) {
          expect(await hasty.insist(journey, { ...said, duration: 'P5D' })).toMatchObject({
            status: 422,
            body: { code: 'id-reused' },
          });
          expect(await insist(journey, said)).toMatchObject({ status: 200, body: { id: 'e' } });
          expect((await stateOf(journey)).extended).toEqual({ trialEnd: 3 * DAY });
          expect(await auditOf(journey)).toHaveLength(1);
        }
      } finally {
        await hasty.stop();
      }
    }
  });

  it('is settled by itself when nobody repeats it', async () => {
    const hasty = await startSystem(await testGround(), {
      databaseUrl: system.url,
      taskQueue: system.taskQueue,
      withoutWorker: true,
      limits: { commandMs: 1 },
    });
    try {
      const journey = await system.begin(QUIET);
      await Promise.all([
        hasty.command(journey, { command: 'pause', id: 'p' }),
        hasty.command(journey, { command: 'skip', step: 'nowhere', id: 's' }),
      ]);
      const settled = await eventually('both are settled', async () => {
        const rows = await rowsOf(journey);
        return rows.length === 2 && rows.every((row) => row.state !== 'received') ? rows : undefined;
      });
      expect(settled.map(({ id, state }) => ({ id, state })).sort((a, b) => a.id.localeCompare(b.id))).toEqual([
        { id: 'p', state: 'applied' },
        { id: 's', state: 'refused' },
      ]);
      expect(await auditOf(journey)).toHaveLength(2);
      expect(await system.read(journey)).toMatchObject({ state: 'paused' });
    } finally {
      await hasty.stop();
    }
  });
});
