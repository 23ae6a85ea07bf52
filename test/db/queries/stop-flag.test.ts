import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { insertCommand } from '../../../db/queries/commands/insert-command.ts';
import { recordCommand } from '../../../db/queries/commands/record-command.ts';
import { refuseCommand } from '../../../db/queries/commands/refuse-command.ts';
import { projectSnapshot } from '../../../db/queries/journeys/project-snapshot.ts';
import { readJourney } from '../../../db/queries/journeys/read-journey.ts';
import type { Command } from '../../../workflows/contracts/commands.ts';
import type { State } from '../../../workflows/contracts/journey.ts';
import { aTrial, apiFixture } from '../../api/api-fixture.ts';
import type { ApiFixture } from '../../api/api-fixture.ts';

let api: ApiFixture;
beforeAll(async () => void (api = await apiFixture()));
afterAll(() => api.close());

const at = new Date();
const read = async (id: string) => (await readJourney(api.database.db, id))!;
const flag = async (id: string) => (await read(id)).stopFlag;
const note = (journeyId: string, id: string, name: 'pause' | 'exit') => {
  const run: Command = name === 'pause' ? { id, name, until: null, clock: null } : { id, name };
  return api.database.db.transaction((tx) =>
    insertCommand(tx, { journeyId, id, run, bodyHash: id, reason: 'x', actor: 'a', receivedAt: new Date() }),
  );
};
const refuse = (journeyId: string, id: string) =>
  api.database.db.transaction((tx) => refuseCommand(tx, { journeyId, id, refusal: { code: 'x' }, now: at }));
const project = (journeyId: string, state: State) =>
  api.database.db.transaction((tx) =>
    projectSnapshot(tx, {
      journeyId,
      state,
      at: at.getTime(),
      stage: null,
      status: state.pause ? 'paused' : 'running',
      next: null,
      kernelDecisions: [],
    }),
  );

describe('the stop flag of a journey', () => {
  test('stands from the pause’s row on, whatever an older state of the run says', async () => {
    const { journey } = await aTrial(api);
    const { snapshot } = await read(journey);
    await note(journey, 'p', 'pause');
    expect(await flag(journey)).toBe('paused');
    expect(await project(journey, { ...snapshot, rev: snapshot.rev + 3 })).toBe(true);
    expect(await flag(journey)).toBe('paused');
  });

  test('is raised once behind whoever holds the journey, however often its command comes', async () => {
    const { journey } = await aTrial(api);
    let asked: ReturnType<typeof note>[] = [];
    await api.database.sql.begin(async (tx) => {
      await tx`update journeys set rev = rev + 1 where id = ${journey}`;
      asked = [note(journey, 'p', 'pause'), note(journey, 'p', 'pause')];
      // Until one waits for the row that is held here.
      await expect
        .poll(async () => (await tx`select 1 from pg_locks where not granted and locktype = 'transactionid'`).length)
        .toBeGreaterThan(0);
    });
    expect((await Promise.all(asked)).map(({ is }) => is).sort()).toEqual(['known', 'new']);
    expect(await read(journey)).toMatchObject({ stopFlag: 'paused', stopCommand: 'p', rev: 1 });
  });

  test('follows the run once it has heard of the pause, and a late older state changes nothing', async () => {
    const { journey } = await aTrial(api);
    const { snapshot } = await read(journey);
    await note(journey, 'p', 'pause');
    const pause = { since: 1, until: null, clock: null, by: 'p' };
    await project(journey, { ...snapshot, rev: 5, pause, answered: { p: 5 } });
    expect(await read(journey)).toMatchObject({ stopFlag: 'paused', stopCommand: null, state: 'paused', rev: 5 });
    await project(journey, { ...snapshot, rev: 7, pause: null, answered: { p: 5, r: 7 } });
    expect(await read(journey)).toMatchObject({ stopFlag: null, state: 'running', rev: 7 });
    expect(await project(journey, { ...snapshot, rev: 6, pause, answered: { p: 5 } })).toBe(false);
    expect(await read(journey)).toMatchObject({ stopFlag: null, rev: 7 });
  });

  test('a refused pause takes its flag back, unless another one stands', async () => {
    const { journey } = await aTrial(api);
    await note(journey, 'a', 'pause');
    await note(journey, 'b', 'exit');
    expect(await flag(journey)).toBe('exited');
    await refuse(journey, 'b');
    expect(await flag(journey)).toBe('paused');
    await refuse(journey, 'a');
    expect(await flag(journey)).toBeNull();
    expect(await refuse(journey, 'a')).toBe(false);
  });

  test('a command is recorded once, with one audit row', async () => {
    const { journey } = await aTrial(api);
    await note(journey, 'p', 'pause');
    const record = () =>
      api.database.db.transaction((tx) =>
        recordCommand(tx, {
          journeyId: journey,
          commandId: 'p',
          answer: { rev: 2, status: 'paused', changes: [] },
          at,
        }),
      );
    expect([await record(), await record()]).toEqual([true, false]);
    expect((await api.call('GET', `/v1/audit?target=journey:${journey}&action=journey.pause`)).body.items).toHaveLength(
      1,
    );
    const again = await note(journey, 'p', 'pause');
    expect(again).toMatchObject({ is: 'known', row: { state: 'applied', rev: 2 } });
  });
});
