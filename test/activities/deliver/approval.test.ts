import { and, eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { listApprovals } from '../../../db/queries/approvals/list-approvals.ts';
import { insertCommand } from '../../../db/queries/commands/insert-command.ts';
import { placeHold } from '../../../db/queries/holds/place-hold.ts';
import { commands, decisions, messages, suppressions, tasks } from '../../../db/schema/index.ts';
import { addressHash } from '../../../db/queries/contacts/address-hash.ts';
import { insertTemplate } from '../../../db/queries/playbooks/insert-template.ts';
import { compileShipped } from '../../../playbooks/publish/publish-shipped.ts';
import type { CommandBody } from '../../../workflows/contracts/commands.ts';
import type { State } from '../../../workflows/contracts/journey.ts';
import { Playbook } from '../../../workflows/contracts/playbook.ts';
import { countPoints, runAndCrash, runToOutcome } from './crashing.ts';
import { HOUR, START, addAccount, addJourney, createWorld, publish } from './fixture.ts';
import type { World } from './fixture.ts';

const base = { kind: 'message', channel: 'email', due: { window: 'none' }, template: 'plain_mail', class: 'marketing' };
const step = (id: string, otherwise: string) => ({
  id,
  title: `Letter ${id}`,
  ...base,
  approval: { by: 'ceo', within: 'PT4H', otherwise },
});
const letters = Playbook.parse({
  id: '900.letters',
  kind: 'trial',
  title: 'Letters',
  summary: '',
  fulfils: ['002.trial'],
  reads: { facts: {}, metrics: {}, events: {} },
  config: { unanswered: { value: 'send', doc: 'x' } },
  stages: [
    {
      id: 'only',
      title: 'Only',
      enter: 'journey',
      steps: [step('sends', '$unanswered'), step('drops', 'drop'), step('waits', 'wait')],
    },
  ],
});

let world: World;
let of: Awaited<ReturnType<typeof publish>>;
beforeAll(async () => {
  world = await createWorld();
  of = await publish(world, letters);
  const look = (await compileShipped()).find((one) => one.id === 'edited_words')!;
  await insertTemplate(world.db, { compiled: look, now: new Date(START - HOUR) });
});
afterAll(() => world.close());
beforeEach(() => {
  world.time.now = START;
  world.mailer.left.length = 0;
  world.mailer.answers.length = 0;
});

async function letter(id: string) {
  const account = await addAccount(world);
  const journey = await addJourney(world, account.id, { of });
  return { account, journey, input: journey.touch(id) };
}

/** The run's state after a command that it applied: what the kernel does of it is the kernel's own test. */
const after = (state: State, id: string, stepId: string, approved: boolean): State => ({
  ...state,
  rev: state.rev + 1,
  answered: { ...state.answered, [id]: state.rev + 1 },
  steps: { ...state.steps, [stepId]: { ...state.steps[stepId]!, ...(approved ? { approvedBy: id } : {}) } },
});

async function command(journeyId: string, id: string, body: CommandBody, state: State) {
  const run = { id, name: body.command, step: 'step' in body ? body.step : '' } as never;
  const words = body.command === 'edit' ? { subject: body.subject, text: body.text } : undefined;
  const receivedAt = new Date(world.time.now);
  await world.db.transaction((tx) =>
    insertCommand(tx, { journeyId, id, run, bodyHash: id, reason: body.reason, actor: 'ada', receivedAt, words }),
  );
  const answer = { rev: state.rev, status: 'running' as const, changes: [] };
  await world.run('recordCommand', { journeyId, commandId: id, answer, state, at: world.time.now });
}

async function stands(journeyId: string) {
  const [message] = await world.db.select().from(messages).where(eq(messages.journeyId, journeyId));
  const said = await world.db.select().from(decisions).where(eq(decisions.journeyId, journeyId));
  const asked = await world.db
    .select()
    .from(tasks)
    .where(and(eq(tasks.journeyId, journeyId), eq(tasks.kind, 'approval')));
  const waiting = await listApprovals(world.db, { journeyId, limit: 10 });
  return { message, said, asked, waiting };
}

describe('a message that needs an approval', () => {
  it('is made when due, frozen, put before its role and held; nothing leaves and nothing counts', async () => {
    const { journey, input } = await letter('sends');
    const deadline = START + 4 * HOUR;
    expect(await world.run('deliver', input)).toEqual({
      is: 'held',
      hold: 'approval',
      recheck: deadline,
      reason: 'approval',
    });
    expect(await world.run('deliver', input)).toMatchObject({ is: 'held', hold: 'approval' });
    const { message, said, asked, waiting } = await stands(journey.id);
    expect(world.mailer.left).toHaveLength(0);
    expect(message).toMatchObject({ state: 'draft', countsForCap: false, subject: 'Hello Ada', attempt: 0 });
    expect(said).toMatchObject([{ outcome: 'held', reason: 'approval', details: { by: 'ceo' } }]);
    expect(asked).toMatchObject([
      { state: 'open', ownerRole: 'ceo', title: 'Approve “Letter sends”', link: expect.stringContaining(message!.id) },
    ]);
    expect(asked[0]!.dueAt!.getTime()).toBe(deadline);
    expect(waiting).toMatchObject([{ id: message!.id, text: 'Hello Ada.', role: 'ceo' }]);
  });

  it('leaves in its frozen words once it is approved, and its task closes', async () => {
    const { account, journey, input } = await letter('sends');
    await world.run('deliver', input);
    const state = after(input.state, 'yes', 'sends', true);
    await command(journey.id, 'yes', { command: 'approve', step: 'sends', reason: 'good' }, state);
    expect((await stands(journey.id)).waiting).toHaveLength(0);
    world.time.now += 30 * HOUR;
    // However long it took: whoever approves it wants it to be sent.
    expect(await world.run('deliver', { ...input, state })).toEqual({ is: 'sent' });
    expect(world.mailer.left).toMatchObject([{ to: account.email, text: 'Hello Ada.' }]);
    const { message, said, asked } = await stands(journey.id);
    expect(message).toMatchObject({ state: 'sent', approvedBy: 'yes', countsForCap: true });
    expect(said).toMatchObject([{ outcome: 'sent' }]);
    expect(asked).toMatchObject([{ state: 'completed', outcome: 'approved', completedBy: 'ada' }]);
  });

  it('leaves in the newest words of its edits, in the shared look, with a way to say no', async () => {
    const { journey, input } = await letter('sends');
    await world.run('deliver', input);
    const one = after(input.state, 'e1', 'sends', false);
    await command(
      journey.id,
      'e1',
      { command: 'edit', step: 'sends', subject: 'First', text: 'One', reason: 'x' },
      one,
    );
    const two = after(one, 'e2', 'sends', false);
    const text = 'Dear Ada,\nlook at <this> & {{ that }}.\n\nGrace';
    await command(journey.id, 'e2', { command: 'edit', step: 'sends', text, reason: 'x' }, two);
    expect((await stands(journey.id)).waiting).toMatchObject([
      { subject: 'First', text: expect.stringContaining(text) },
    ]);
    const yes = after(two, 'yes', 'sends', true);
    expect(await world.run('deliver', { ...input, state: yes })).toEqual({ is: 'sent' });
    const [mail] = world.mailer.left;
    expect(mail!.subject).toBe('First');
    expect(mail!.text).toMatch(/^Dear Ada,\nlook at <this> & \{\{ that \}\}\.\n\nGrace\n\nUnsubscribe: http/);
    expect(mail!.html).toContain('look at &lt;this&gt; &amp; {{ that }}.');
    expect(mail!.html).toMatch(/<!doctype html>[\s\S]*Unsubscribe/i);
  });

  it('uses an edit that the run has taken and that is not written down yet', async () => {
    const { journey, input } = await letter('sends');
    await world.run('deliver', input);
    const receivedAt = new Date(START);
    const run = { id: 'e1', name: 'edit' as const, step: 'sends' };
    const note = { journeyId: journey.id, id: 'e1', run, bodyHash: 'e1', reason: 'x', actor: 'ada', receivedAt };
    await world.db.transaction((tx) => insertCommand(tx, { ...note, words: { text: 'New words' } }));
    const state = after(after(input.state, 'e1', 'sends', false), 'yes', 'sends', true);
    expect(await world.run('deliver', { ...input, state })).toEqual({ is: 'sent' });
    expect(world.mailer.left[0]!.text).toMatch(/^New words/);
    expect(await world.db.select().from(commands).where(eq(commands.journeyId, journey.id))).toHaveLength(1);
  });

  it('is withdrawn when it is rejected', async () => {
    const { journey, input } = await letter('sends');
    await world.run('deliver', input);
    const state = after(input.state, 'no', 'sends', false);
    const done = { st: 'done' as const, n: 1, outcome: 'skipped' as const, reason: 'approval-rejected', at: START };
    const rejected = { ...state, steps: { ...state.steps, sends: done } };
    await command(journey.id, 'no', { command: 'reject', step: 'sends', reason: 'not now' }, rejected);
    const { message, said, asked, waiting } = await stands(journey.id);
    expect(message).toMatchObject({ state: 'withdrawn', error: 'approval-rejected' });
    expect(said).toMatchObject([{ outcome: 'skipped', reason: 'approval-rejected' }]);
    expect(asked.map((one) => one.state)).not.toContain('open');
    expect(waiting).toHaveLength(0);
    expect(await world.run('deliver', { ...input, state })).toMatchObject({
      is: 'dropped',
      reason: 'approval-rejected',
    });
    expect(world.mailer.left).toHaveLength(0);
  });

  it('is decided anew when it is approved: a hold keeps it as it is, a no of the customer withdraws it', async () => {
    const { account, journey, input } = await letter('sends');
    await world.run('deliver', input);
    const state = after(input.state, 'yes', 'sends', true);
    const { hold } = await placeHold(world.db, {
      ...{ accountId: account.id, reason: 'x', until: new Date(START + HOUR), actor: 'test' },
      ...{ now: new Date(START), patienceMs: 0 },
    });
    expect(await world.run('deliver', { ...input, state })).toMatchObject({ is: 'held', hold: `hold:${hold.id}` });
    expect((await stands(journey.id)).message).toMatchObject({ state: 'draft' });
    world.time.now = START + 2 * HOUR;
    await world.db.insert(suppressions).values({
      channel: 'email',
      addressHash: addressHash('email', account.email, world.deps.settings.secret),
      ...{ scope: 'marketing', reason: 'unsubscribe', source: 'test', at: new Date(START) },
    });
    expect(await world.run('deliver', { ...input, state })).toMatchObject({ is: 'skipped', reason: 'unsubscribed' });
    const { message, asked } = await stands(journey.id);
    expect(message).toMatchObject({ state: 'withdrawn' });
    expect(asked.map((one) => one.state)).not.toContain('open');
    expect(world.mailer.left).toHaveLength(0);
  });

  it('that a provider refuses for now keeps its words', async () => {
    const { journey, input } = await letter('sends');
    await world.run('deliver', input);
    const state = after(input.state, 'yes', 'sends', true);
    world.mailer.answers.push({ state: 'refused', kind: 'temporary', code: '451' });
    expect(await runToOutcome(world, { ...input, state })).toEqual({ is: 'sent' });
    expect(world.mailer.left).toHaveLength(1);
    expect((await stands(journey.id)).message).toMatchObject({ state: 'sent', text: 'Hello Ada.' });
  });
});

describe('the end of its time', () => {
  it('sends it as it stands, and says so', async () => {
    const { journey, input } = await letter('sends');
    await world.run('deliver', input);
    world.time.now = START + 4 * HOUR;
    expect(await world.run('deliver', input)).toEqual({ is: 'sent' });
    const { said, asked } = await stands(journey.id);
    expect(said).toMatchObject([{ outcome: 'sent', reason: 'auto-sent' }]);
    expect(asked).toMatchObject([{ state: 'completed', outcome: 'auto-sent' }]);
  });

  it('drops it', async () => {
    const { journey, input } = await letter('drops');
    await world.run('deliver', input);
    world.time.now = START + 4 * HOUR;
    expect(await world.run('deliver', input)).toEqual({ is: 'dropped', reason: 'approval-expired' });
    const { message, said, asked } = await stands(journey.id);
    expect(message).toMatchObject({ state: 'withdrawn' });
    expect(said).toMatchObject([{ outcome: 'dropped', reason: 'approval-expired' }]);
    expect(asked).toMatchObject([{ state: 'cancelled' }]);
    expect(world.mailer.left).toHaveLength(0);
  });

  it('tells whoever stands above, every day, and it waits on', async () => {
    const { journey, input } = await letter('waits');
    await world.run('deliver', input);
    for (const [day, level] of [
      [0, 1],
      [1, 2],
    ] as const) {
      world.time.now = START + 4 * HOUR + day * 24 * HOUR;
      const recheck = world.time.now + 24 * HOUR;
      expect(await world.run('deliver', input)).toMatchObject({ is: 'held', hold: 'approval', recheck });
      const { asked } = await stands(journey.id);
      expect(asked.map((one) => [one.ownerRole, one.state, one.level]).sort()).toEqual([
        ['ceo', 'open', level],
        ['head-of-cs', 'open', level],
      ]);
    }
    const state = after(input.state, 'yes', 'waits', true);
    expect(await world.run('deliver', { ...input, state })).toEqual({ is: 'sent' });
    expect((await stands(journey.id)).asked.map((one) => one.state)).toEqual(['completed', 'completed']);
  });
});

describe('a crash at any point', () => {
  it('of making it leaves one draft and one task, of sending it one mail', async () => {
    const { input: first } = await letter('sends');
    const making = await countPoints(world, first);
    const sending = await countPoints(world, { ...first, state: after(first.state, 'yes', 'sends', true) });
    expect(sending).toContain('settled');
    for (const at of making.keys()) {
      const { journey, input } = await letter('sends');
      expect(await runAndCrash(world, input, at)).toBe('crashed');
      expect(await runToOutcome(world, input)).toMatchObject({ is: 'held', hold: 'approval' });
      const { message, asked } = await stands(journey.id);
      expect(message).toMatchObject({ state: 'draft' });
      expect(asked).toHaveLength(1);
    }
    for (const at of sending.keys()) {
      world.time.now = START;
      world.mailer.left.length = 0;
      const { journey, input } = await letter('sends');
      await world.run('deliver', input);
      const approved = { ...input, state: after(input.state, 'yes', 'sends', true) };
      expect(await runAndCrash(world, approved, at)).toBe('crashed');
      world.time.now += 31_000;
      expect(await runToOutcome(world, approved)).toMatchObject({ is: 'sent' });
      expect(world.mailer.left.length, sending[at]).toBeLessThanOrEqual(1);
      expect(['sent', 'in-doubt']).toContain((await stands(journey.id)).message!.state);
    }
  });
});
