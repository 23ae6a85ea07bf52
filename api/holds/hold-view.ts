import { z } from 'zod';
import type { HoldRow } from '../../db/queries/holds/place-hold.ts';

export const HoldView = z
  .object({
    id: z.string(),
    account: z.string(),
    contact: z.string().nullable(),
    level: z.string(),
    reason: z.string(),
    by: z.string(),
    at: z.string(),
    until: z.string().nullable(),
    releasedAt: z.string().nullable(),
    releasedBy: z.string().nullable(),
  })
  .meta({ id: 'Hold' });

/** A hold as it leaves. */
export const toHold = (row: HoldRow): z.infer<typeof HoldView> => ({
  id: row.id,
  account: row.accountId,
  contact: row.contactId,
  level: row.level,
  reason: row.reason,
  by: row.by,
  at: row.at.toISOString(),
  until: row.until?.toISOString() ?? null,
  releasedAt: row.releasedAt?.toISOString() ?? null,
  releasedBy: row.releasedBy,
});
