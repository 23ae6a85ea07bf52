import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eq } from 'drizzle-orm';
import type { CommandIssuer } from '../../../api/commands/issue-command.ts';
import { insertCommand } from '../../../db/queries/commands/insert-command.ts';
import { commands } from '../../../db/schema/index.ts';
import { resendCommands } from '../../../workers/dispatcher/resend-commands.ts';
import { START, addAccount, addJourney, createWorld } from '../../activities/deliver/fixture.ts';
import type { World } from '../../activities/deliver/fixture.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());

describe('commands without an answer', () => {
  it('are sent again page by page, under their own ids, once they are older than five seconds', async () => {
    const account = await addAccount(world);
    const journey = await addJourney(world, account.id);
    for (let k = 0; k < 25; k++)
      await world.db.transaction((tx) =>
        insertCommand(tx, {
          journeyId: journey.id,
          id: `c${k}`,
          run: { id: `c${k}`, name: 'note' },
          bodyHash: 'x',
          reason: 'because',
          actor: 'grace',
          receivedAt: new Date(START + k),
        }),
      );
    const sent: string[] = [];
    const resend = async (row: { id: string }) => void sent.push(row.id);
    const issuer = { resend } as unknown as CommandIssuer;
    const parts = { database: world.database, issuer };

    expect(await resendCommands({ ...parts, clock: () => START + 5_000 }, undefined)).toBeUndefined();
    expect(sent).toEqual([]);
    const clock = () => START + 60_000;
    const mark = await resendCommands({ ...parts, clock }, undefined);
    expect(mark).toEqual(new Date(START + 19));
    expect(await resendCommands({ ...parts, clock }, mark)).toBeUndefined();
    expect(sent).toEqual([...Array(25).keys()].map((k) => `c${k}`));
    const rows = await world.db.select().from(commands).where(eq(commands.journeyId, journey.id));
    expect(rows.every((row) => row.state === 'received')).toBe(true);
  });
});
