import { eq } from 'drizzle-orm';
import { randomBytes } from 'node:crypto';
import type { Db } from '../../database.ts';
import { secrets } from '../../schema/index.ts';

const name = 'signing';

/**
 * The secret that signs links and hides suppressed addresses: the given one, or the one that the database keeps, made at its first use.
 * A link that a worker has signed is read by an API elsewhere, so no machine may have one of its own.
 */
export async function signingSecret(db: Db, given: string | undefined): Promise<string> {
  if (given !== undefined) return given;
  await db
    .insert(secrets)
    .values({ name, value: randomBytes(32).toString('base64url') })
    .onConflictDoNothing();
  const [row] = await db.select().from(secrets).where(eq(secrets.name, name));
  return row!.value;
}
