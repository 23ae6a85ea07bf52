import { sql } from 'drizzle-orm';
import type { Db } from '../../database.ts';
import type { Untold } from './untold.ts';

/** Notes that objects were told as they stood, and by which ids the remote side knows them. */
export async function noteTold(db: Db, told: { object: Untold; remoteId: string }[], now: Date): Promise<void> {
  if (told.length === 0) return;
  const rows = told.map(({ object, remoteId }) => ({ ...key(object), remote_id: remoteId, told: object.fingerprint }));
  await db.execute(sql`
    insert into crm_sync (kind, external_id, account_id, remote_id, told, told_at, attempts, not_before)
    select d.kind, d.external_id, d.account_id, d.remote_id, d.told, ${now.toISOString()}::timestamptz, 0, ${now.toISOString()}::timestamptz
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) d(kind text, external_id text, account_id text, remote_id text, told text)
    on conflict (kind, external_id) do update set remote_id = excluded.remote_id, told = excluded.told, told_at = excluded.told_at,
      attempts = 0, not_before = excluded.not_before, refused = null,
      stirred_in = case when crm_sync.remote_id is null then pg_current_xact_id() else crm_sync.stirred_in end`);
}

/** Notes that the remote side refused objects as they are: they wait until they change. */
export async function noteRefused(db: Db, refused: Untold[], now: Date): Promise<void> {
  if (refused.length === 0) return;
  const rows = refused.map((object) => ({ ...key(object), refused: object.fingerprint }));
  await db.execute(sql`
    insert into crm_sync (kind, external_id, account_id, attempts, not_before, refused)
    select d.kind, d.external_id, d.account_id, 1, ${now.toISOString()}::timestamptz, d.refused
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) d(kind text, external_id text, account_id text, refused text)
    on conflict (kind, external_id) do update set attempts = crm_sync.attempts + 1, refused = excluded.refused`);
}

/** Notes that the remote side said nothing of objects: the next look looks at them again. */
export async function noteSilent(db: Db, silent: Untold[], now: Date): Promise<void> {
  if (silent.length === 0) return;
  await db.execute(sql`
    insert into crm_sync (kind, external_id, account_id, attempts, not_before)
    select d.kind, d.external_id, d.account_id, 1, ${now.toISOString()}::timestamptz
    from jsonb_to_recordset(${JSON.stringify(silent.map(key))}::jsonb) d(kind text, external_id text, account_id text)
    on conflict (kind, external_id) do update set attempts = crm_sync.attempts + 1, stirred_in = pg_current_xact_id()`);
}

const key = ({ kind, externalId, accountId }: Untold) => ({ kind, external_id: externalId, account_id: accountId });
