import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { insertPlaybook } from '../../../db/queries/playbooks/insert-playbook.ts';
import { readPlaybook } from '../../../db/queries/playbooks/read-playbook.ts';
import { insertProgram } from '../../../db/queries/programs/insert-program.ts';
import { readJourney } from '../../../db/queries/journeys/read-journey.ts';
import { decisions, messages, tasks } from '../../../db/schema/index.ts';
import type { State } from '../../../workflows/contracts/journey.ts';
import { HOUR, START, addAccount, addJourney, createWorld } from './fixture.ts';
import type { World } from './fixture.ts';

let world: World;
beforeAll(async () => void (world = await createWorld()));
afterAll(() => world.close());

/** A journey that is to go over to the same playbook without that step, and its state once it has. */
async function goingOver(without: string) {
  const account = await addAccount(world);
  const journey = await addJourney(world, account.id);
  const { playbook: id, version: before } = journey.timetable;
  const definition = structuredClone((await readPlaybook(world.db, id, before))!.playbook);
  for (const stage of definition.stages) stage.steps = stage.steps.filter((step) => step.id !== without);
  const given = { playbook: definition, source: 'test', sha256: without, by: 'test', now: new Date(START) };
  const { version } = await insertPlaybook(world.db, given);
  const steps = journey.timetable.steps.filter((step) => step.id !== without);
  const timetable = { ...journey.timetable, version, steps };
  await world.db.transaction((tx) =>
    insertProgram(tx, { journeyId: journey.id, timetable, causeId: 'migrated:e1', at: new Date(START) }),
  );
  const { [without]: gone, ...kept } = journey.state.steps;
  const state: State = { ...journey.state, steps: kept, program: 1 };
  /** Another touch, of the new program: the first that the row hears of it. */
  const goesOn = (past?: State['past']) => {
    const rev = journey.state.rev + 3;
    return journey.touch('service', { state: { ...journey.touching('service', state), ...(past && { past }), rev } });
  };
  return { journey: { ...journey, account: account.id }, version, gone: gone!, goesOn };
}
const said = (journey: string) => world.db.select().from(decisions).where(eq(decisions.journeyId, journey));

it('a touch that was started before its journey went over to what does not have its step is dropped, and nothing leaves', async () => {
  const { journey, version, goesOn } = await goingOver('mail');
  const early = journey.touch('mail');
  expect(await world.run('deliver', goesOn())).toEqual({ is: 'sent' });
  expect(await readJourney(world.db, journey.id)).toMatchObject({ program: 1, version });

  const left = world.mailer.left.length;
  for (let k = 0; k < 2; k++)
    expect(await world.run('deliver', early)).toEqual({ is: 'dropped', reason: 'removed-by-migration' });
  expect(world.mailer.left).toHaveLength(left);
  const words = (await said(journey.id)).map(({ step, outcome, reason }) => `${step} ${outcome} ${reason}`);
  expect(words.sort()).toEqual(['mail dropped removed-by-migration', 'service sent as-planned']);
  const kept = await world.db.select().from(messages).where(eq(messages.journeyId, journey.id));
  expect(kept.map((row) => row.step)).toEqual(['service']);
});

it('what is open of a step that is no more is closed with it: the task is cancelled, and its decision says why', async () => {
  const { journey, gone, goesOn } = await goingOver('call');
  expect(await world.run('deliver', journey.touch('call'))).toEqual({ is: 'sent', opens: true });
  const { state: asking } = journey.touch('call');
  const escalation = { journeyId: journey.id, account: journey.account, step: 'call', n: 1, level: 1, clockShift: 0 };
  await world.run('escalate', { ...escalation, state: asking });
  expect(await world.db.select().from(tasks).where(eq(tasks.journeyId, journey.id))).toHaveLength(2);
  const dropped = {
    st: 'done' as const,
    outcome: 'dropped' as const,
    reason: 'removed-by-migration',
    at: START + HOUR,
  };
  const removed = { kind: 'task' as const };
  const past = [{ ...gone, ...dropped, since: START, removed, step: 'call', rev: journey.state.rev + 2 }];
  for (let k = 0; k < 2; k++) expect(await world.run('deliver', goesOn(past))).toEqual({ is: 'sent' });
  const asked = await world.db.select().from(tasks).where(eq(tasks.journeyId, journey.id));
  expect(asked.map((task) => `${task.key.replace(journey.id, '')} ${task.state}`).sort()).toEqual([
    '/call/1 cancelled',
    '/call/1/escalation/1 cancelled',
  ]);
  expect((await said(journey.id)).find((row) => row.step === 'call')).toMatchObject({
    ...{ outcome: 'dropped', reason: 'removed-by-migration' },
    history: [{ outcome: 'sent' }, { outcome: 'dropped' }],
  });
});
