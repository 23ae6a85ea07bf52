import type { Db, Tx } from '../../database.ts';
import { audit } from '../../schema/control.ts';

export type AuditEntry = {
  at: Date;
  actor: string;
  action: string;
  /** `<kind>:<id>`, for example `journey:…` or `account:acme`. */
  target: string;
  reason?: string | null;
  /** Ids, counts and enums only. */
  details?: Record<string, unknown>;
};

/** Writes who did what to what; called in the transaction of the write itself. */
export async function recordAudit(tx: Tx | Db, ...entries: AuditEntry[]): Promise<void> {
  if (entries.length === 0) return;
  await tx.insert(audit).values(entries.map((e) => ({ ...e, reason: e.reason ?? null, details: e.details ?? {} })));
}
