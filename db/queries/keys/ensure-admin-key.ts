import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { Db } from '../../database.ts';
import { recordAudit } from '../audit/record-audit.ts';
import { createKey } from './create-key.ts';

/** What is stored of a key. Keys hold 32 random bytes, so a plain digest cannot be reversed. */
export const hashKey = (key: string): string => createHash('sha256').update(key).digest('hex');

/** A fresh API key, as it is shown once. */
export const newKey = (): string => `tnr_${randomBytes(32).toString('base64url')}`;

/** Makes sure that somebody can get in: stores the given key, or makes one at the very first boot and returns it to be shown once. */
export async function ensureAdminKey(db: Db, options: { given?: string; now: Date }): Promise<string | undefined> {
  return db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(7466875)`);
    if (!options.given) {
      const [any] = await tx.execute(sql`select 1 from api_keys where scope = 'admin' and revoked_at is null limit 1`);
      if (any) return undefined;
    }
    const key = options.given ?? newKey();
    const id = randomUUID();
    const created = await createKey(tx, {
      id,
      name: 'first admin',
      scope: 'admin',
      hash: hashKey(key),
      createdAt: options.now,
      createdBy: 'boot',
    });
    if (created)
      await recordAudit(tx, {
        at: options.now,
        actor: 'boot',
        action: 'key.create',
        target: `key:${id}`,
        details: { scope: 'admin' },
      });
    return options.given ? undefined : key;
  });
}
