import { addNote, openOpportunity, setOwner, setStage } from '../../db/queries/crm/write-crm.ts';
import type { Tx } from '../../db/database.ts';

/** The CRM as journeys use it. `key` makes each write happen once, however often it is repeated; amounts in minor units. */
export interface Crm {
  setStage(tx: Tx, input: { accountId: string; stage: string; at: Date }): Promise<void>;
  setOwner(tx: Tx, input: { accountId: string; owner: string; at: Date }): Promise<void>;
  addNote(tx: Tx, input: { key: string; accountId: string; text: string; author: string; at: Date }): Promise<void>;
  openOpportunity(
    tx: Tx,
    input: {
      key: string;
      accountId: string;
      title: string;
      amountMinor: number | null;
      currency: string;
      stage: string;
      at: Date;
    },
  ): Promise<void>;
}

/** The CRM kept in Postgres beside everything else: it writes in the caller's transaction. */
export function createEmbeddedCrm(): Crm {
  return { setStage, setOwner, addNote, openOpportunity };
}
