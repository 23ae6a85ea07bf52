import { and, eq, like } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { insertCommand } from '../../../db/queries/commands/insert-command.ts';
import { placeHold } from '../../../db/queries/holds/place-hold.ts';
import { placeStop } from '../../../db/queries/holds/place-stop.ts';
import { releaseStop } from '../../../db/queries/holds/release-stop.ts';
import { decisions, journeys, tasks } from '../../../db/schema/index.ts';
import { Playbook } from '../../../workflows/contracts/playbook.ts';
import { HOUR, START, addAccount, addJourney, createWorld, publish } from './fixture.ts';
import type { World } from './fixture.ts';

const legal = { kind: 'message', class: 'legal', channel: 'email', template: 'plain_mail' };
const renewal = Playbook.parse({
  id: '900.notices',
  kind: 'renewal',
  title: 'Notices',
  summary: '',
  fulfils: ['001.renewal-reminders'],
  reads: { facts: {}, metrics: {}, events: {} },
  anchors: { renews: { from: 'start', after: 'P60D' } },
  stages: [
    {
      id: 'only',
      title: 'Only',
      enter: 'journey',
      steps: [
        {
          id: 'day-30',
          title: 'Thirty days before',
          ...legal,
          due: { from: 'renews', after: '-P30D', window: 'none' },
          notice: { opens: { from: 'renews', after: '-P45D' }, closes: { from: 'renews', after: '-P15D' } },
        },
      ],
    },
  ],
});

let world: World;
let of: Awaited<ReturnType<typeof publish>>;
const errors: string[] = [];
beforeAll(async () => {
  world = await createWorld();
  of = await publish(world, renewal);
  world.deps.log = { ...world.deps.log, error: (_: object, message: string) => void errors.push(message) } as never;
});
afterAll(() => world.close());
beforeEach(() => {
  world.time.now = START;
  world.mailer.left.length = 0;
  errors.length = 0;
});

async function notice() {
  const account = await addAccount(world);
  const journey = await addJourney(world, account.id, { of });
  return { account, journey, input: journey.touch('day-30') };
}
const alarmsOf = (journeyId: string) =>
  world.db
    .select()
    .from(tasks)
    .where(and(eq(tasks.journeyId, journeyId), like(tasks.key, '%/notice/%')));
const saidOf = (journeyId: string) => world.db.select().from(decisions).where(eq(decisions.journeyId, journeyId));
const alarm = ({ journeyId, account, state }: Awaited<ReturnType<typeof notice>>['input']) =>
  world.run('escalate', { journeyId, account, step: 'day-30', n: 1, level: 1, clockShift: 0, state });

describe('a legal notice', () => {
  it('passes a pause that is in force', async () => {
    const { journey, input } = await notice();
    await world.db.transaction((tx) =>
      insertCommand(tx, {
        ...{ journeyId: journey.id, id: 'p1', bodyHash: 'x', reason: 'x', actor: 'ada', receivedAt: new Date(START) },
        run: { id: 'p1', name: 'pause', until: null, clock: null },
      }),
    );
    const [row] = await world.db.select().from(journeys).where(eq(journeys.id, journey.id));
    expect(row!.stopFlag).toBe('paused');
    expect(await world.run('deliver', input)).toEqual({ is: 'sent' });
  });

  it.each(['person', 'billing-pause', 'sev1'])('passes a hold of level %s', async (level) => {
    const { account, input } = await notice();
    const given = { accountId: account.id, level, reason: 'x', actor: 'ada', now: new Date(START), patienceMs: 0 };
    await placeHold(world.db, given);
    expect(await world.run('deliver', input)).toEqual({ is: 'sent' });
  });

  it('passes caps and quiet hours', async () => {
    const { input } = await notice();
    const caps = [{ channel: 'email' as const, class: 'legal' as const, limit: 0, days: 7 }];
    const hours = { email: { from: '02:00', to: '02:01' } };
    const settings = { ...world.deps.settings, policy: { ...world.deps.settings.policy, caps, hours } };
    expect(await world.run('deliver', input, { settings })).toEqual({ is: 'sent' });
  });

  it('that a stop keeps back until its time is nearly over has people told, once, with the reason', async () => {
    const { journey, input } = await notice();
    const given = { scope: 'global' as const, reason: 'x', actor: 'ada', now: new Date(START), patienceMs: 0 };
    const { stop } = await placeStop(world.db, given);
    expect(await world.run('deliver', input)).toMatchObject({ is: 'held', reason: 'stopped' });
    world.time.now = START + HOUR;
    await alarm(input);
    await alarm(input);
    expect((await alarmsOf(journey.id)).map((one) => [one.ownerRole, one.state]).sort()).toEqual([
      ['head-of-cs', 'open'],
      ['legal', 'open'],
    ]);
    expect(errors.filter((one) => one.includes('about to be late'))).toHaveLength(1);
    expect(await saidOf(journey.id)).toMatchObject([
      { outcome: 'held', reason: 'stopped', details: { alarmed: ['legal', 'head-of-cs'] } },
    ]);
    await releaseStop(world.db, {
      id: stop.id,
      actor: 'ada',
      reason: 'x',
      now: new Date(world.time.now),
      perSecond: 5,
    });
    expect(await world.run('deliver', input)).toEqual({ is: 'sent' });
    // Nobody chases what has left.
    const asked = await world.db.select().from(tasks).where(eq(tasks.journeyId, journey.id));
    expect(asked.map((one) => `${one.key.split('/').slice(3).join('/')} ${one.state}`).sort()).toEqual([
      'legal-kept-back completed',
      'notice/head-of-cs completed',
      'notice/legal completed',
    ]);
  });

  it('that was never tried says so; one that has left alarms nobody', async () => {
    const waiting = await notice();
    await alarm(waiting.input);
    expect(await saidOf(waiting.journey.id)).toMatchObject([{ outcome: 'held', reason: 'notice-unsent' }]);
    const sent = await notice();
    await world.run('deliver', sent.input);
    await alarm(sent.input);
    expect(await alarmsOf(sent.journey.id)).toHaveLength(0);
  });
});
