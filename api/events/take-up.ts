import { lockAccounts } from '../../db/queries/accounts/read-account.ts';
import { untakenProgram } from '../../db/queries/programs/untaken-program.ts';
import type { Tx } from '../../db/database.ts';
import type { JourneyRow } from '../../db/schema/journeys.ts';
import type { EventBody } from '../../workflows/contracts/api.ts';
import type { Catalog } from '../playbooks/catalog.ts';
import { followEvents } from './follow-events.ts';

type Ended = {
  journeyId: string;
  /** The number of the program that its run followed to the end. */
  program: number;
  catalog: Catalog;
  actor: string;
  systemZone: string;
  now: number;
  clockShift?: number;
};

/** An event that had a journey go over when its run had ended already counts as one that came after the end: what it starts then begins now. */
export async function takeUp(tx: Tx, { journeyId, program, ...given }: Ended): Promise<JourneyRow[]> {
  const untaken = await untakenProgram(tx, journeyId, program);
  if (!untaken) return [];
  const { id, type, accountId, at, data } = untaken.event;
  const [account] = await lockAccounts(tx, [accountId]);
  if (!account || account.closedAt || account.erasedAt) return [];
  const event: EventBody = { id, type, account: accountId, at: at.toISOString(), data: data as EventBody['data'] };
  const accounts = new Map([[accountId, account]]);
  return followEvents(tx, { ...given, events: [event], accounts, only: untaken.playbook });
}
