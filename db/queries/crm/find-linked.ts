import { and, eq } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { thisTransaction } from '../../schema/columns.ts';
import { crmSync } from '../../schema/index.ts';
import type { CrmKind } from './untold.ts';

const one = (kind: CrmKind, externalId: string) => and(eq(crmSync.kind, kind), eq(crmSync.externalId, externalId));

/** The objects here that the remote side knows by this id; a person of two accounts is one contact there. */
export const findLinked = (tx: Tx, kind: CrmKind, remoteId: string) =>
  tx
    .select({ externalId: crmSync.externalId, accountId: crmSync.accountId })
    .from(crmSync)
    .where(and(eq(crmSync.kind, kind), eq(crmSync.remoteId, remoteId)));

/** Has an object told again as it is: the remote side changed what is decided here. */
export async function tellAgain(tx: Tx, kind: CrmKind, externalId: string): Promise<void> {
  await tx.update(crmSync).set({ told: null, stirredIn: thisTransaction }).where(one(kind, externalId));
}

/** The remote side deleted the object: it is made there anew when it changes here, not before. */
export async function forgetRemote(tx: Tx, kind: CrmKind, externalId: string): Promise<void> {
  await tx.update(crmSync).set({ remoteId: null, refused: crmSync.told }).where(one(kind, externalId));
}
