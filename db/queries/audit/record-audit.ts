import { sql } from 'drizzle-orm';
import type { Db, Tx } from '../../database.ts';

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
  const rows = entries.map((e) => ({ ...e, reason: e.reason ?? null, details: e.details ?? {} }));
  await tx.execute(sql`
    insert into audit (at, actor, action, target, reason, details)
    select at, actor, action, target, reason, details from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as r(at timestamptz, actor text, action text, target text, reason text, details jsonb)`);
}
