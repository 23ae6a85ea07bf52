import { and, desc, eq, gte, lt } from 'drizzle-orm';
import type { Db } from '../../database.ts';
import { audit } from '../../schema/control.ts';

export type AuditFilter = { target?: string; actor?: string; action?: string; from?: Date; to?: Date };

/** The audit trail, newest first; `before` is the sequence number of the last row seen. */
export function listAudit(db: Db, filter: AuditFilter, page: { before?: number; limit: number }) {
  return db
    .select()
    .from(audit)
    .where(
      and(
        filter.target ? eq(audit.target, filter.target) : undefined,
        filter.actor ? eq(audit.actor, filter.actor) : undefined,
        filter.action ? eq(audit.action, filter.action) : undefined,
        filter.from ? gte(audit.at, filter.from) : undefined,
        filter.to ? lt(audit.at, filter.to) : undefined,
        page.before === undefined ? undefined : lt(audit.seq, page.before),
      ),
    )
    .orderBy(desc(audit.seq))
    .limit(page.limit);
}
