import type { CrmKind, Untold } from '../../db/queries/crm/untold.ts';

/** What became of a batch: objects by their id at the remote side, and those that it refused as they are, with its word for why. */
export type Upserted = {
  told: { externalId: string; remoteId: string }[];
  refused: { externalId: string; code: string }[];
};

/** The remote side cannot be told now; nothing is known to be wrong with the objects. `retryAfterMs` when it said so itself. */
export class RemoteUnavailable extends Error {
  override readonly name = 'RemoteUnavailable';
  readonly code: string;
  readonly retryAfterMs: number | undefined;

  constructor(code: string, retryAfterMs?: number) {
    super(`the remote CRM cannot be told: ${code}`);
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

/** A CRM elsewhere that mirrors ours. Every call may be repeated: objects are known there by their ids here. */
export interface RemoteCrm {
  /** Objects a call may carry. */
  readonly batch: number;
  /** Makes sure that the fields exist in which it keeps our ids and figures. Throws RemoteUnavailable. */
  prepare(): Promise<void>;
  /** Creates or updates objects of one kind, each beside its company. Throws RemoteUnavailable. */
  upsert(kind: CrmKind, objects: Untold[]): Promise<Upserted>;
  /** Takes objects away for good, by their remote ids; one that is gone already is no trouble. Throws RemoteUnavailable. */
  forget(kind: CrmKind, remoteIds: string[]): Promise<void>;
}
