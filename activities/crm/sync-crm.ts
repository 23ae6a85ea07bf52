import { noteRefused, noteTold } from '../../db/queries/crm/note-told.ts';
import { untold } from '../../db/queries/crm/untold.ts';
import type { CrmKind, Untold } from '../../db/queries/crm/untold.ts';
import type { Database } from '../../db/database.ts';
import { openTask } from '../../db/queries/tasks/open-task.ts';
import { DAY_MS } from '../../workflows/contracts/time.ts';
import type { RemoteCrm } from './remote-crm.ts';

export type CrmSync = { database: Database; remote: RemoteCrm; clock: () => number };
export type Synced = { told: number; refused: number };

/** Companies first: all else stands beside one. */
const KINDS: CrmKind[] = ['company', 'contact', 'deal', 'note', 'task'];

/**
 * Tells the remote CRM of everything that changed since it was told, a batch at a time. Throws RemoteUnavailable; what was told until then is
 * noted. `mayGoOn` is asked before each batch.
 */
export async function syncCrm(parts: CrmSync, mayGoOn: () => Promise<boolean>): Promise<Synced> {
  const all = { told: 0, refused: 0 };
  for (const kind of KINDS)
    for (;;) {
      if (!(await mayGoOn())) return all;
      const objects = await untold(parts.database.db, {
        kind,
        now: new Date(parts.clock()),
        limit: parts.remote.batch,
      });
      if (objects.length === 0) break;
      const { told, refused } = await tell(parts, kind, objects);
      all.told += told;
      all.refused += refused;
      // Neither told nor refused: the remote side was silent about them, and they come again with the next round.
      if (told + refused === 0) break;
    }
  return all;
}

async function tell({ database: { db }, remote, clock }: CrmSync, kind: CrmKind, objects: Untold[]): Promise<Synced> {
  const known = new Map(objects.map((object) => [object.externalId, object]));
  const answer = await remote.upsert(kind, objects);
  const now = new Date(clock());
  const told = answer.told.flatMap(({ externalId, remoteId }) => {
    const object = known.get(externalId);
    return object ? [{ object, remoteId }] : [];
  });
  const refused = answer.refused.flatMap(({ externalId, code }) => {
    const object = known.get(externalId);
    return object ? [{ object, code }] : [];
  });
  await noteTold(db, told, now);
  const tasks = refused.filter(({ object }) => object.kind !== 'task');
  await noteRefused(
    db,
    refused.map(({ object }) => object),
    now,
  );
  for (const { object, code } of tasks) await db.transaction((tx) => askSomebody(tx, object, code, now));
  return { told: told.length, refused: refused.length };
}

/** A task that the CRM refuses raises none of its own: nothing would end that. */
const askSomebody = (tx: Parameters<typeof openTask>[0], object: Untold, code: string, now: Date) =>
  openTask(tx, {
    key: `crm/${object.kind}/${object.externalId}/${object.fingerprint}`,
    journeyId: null,
    accountId: object.accountId,
    step: null,
    n: 0,
    title: `The CRM refuses a ${object.kind}`,
    instructions: `The CRM refused ${object.kind} ${object.externalId} (${code}). Mend it here or there; it is told again when it changes.`,
    owner: null,
    ownerRole: 'operations',
    minutes: null,
    dueAt: new Date(now.getTime() + DAY_MS),
    createdAt: now,
  });
