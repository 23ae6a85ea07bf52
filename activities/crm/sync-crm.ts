import { erasedThere, unlink } from '../../db/queries/crm/erased-there.ts';
import { beginLook, endLook } from '../../db/queries/crm/looks.ts';
import { noteRefused, noteSilent, noteTold } from '../../db/queries/crm/note-told.ts';
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

/** Batches that one look over the objects is good for. */
const BATCHES_A_LOOK = 50;

/** So often everything is looked at, changed or not: whatever the looks at changes may have missed is told within a day. */
const WHOLE_EVERY_MS = DAY_MS;

/**
 * Tells the remote CRM of everything that changed since it was told, a batch at a time, and has it forget who was erased here. Throws
 * RemoteUnavailable; what was told until then is noted. `mayGoOn` is asked before each batch.
 */
export async function syncCrm(parts: CrmSync, mayGoOn: () => Promise<boolean>): Promise<Synced> {
  const all = { told: 0, refused: 0 };
  const { batch } = parts.remote;
  for (const kind of KINDS) {
    if (!(await forgetErased(parts, kind, mayGoOn))) return all;
    const began = parts.clock();
    const look = await beginLook(parts.database.db, {
      ...{ kind, now: new Date(began), wholeBefore: new Date(began - WHOLE_EVERY_MS) },
    });
    for (let more = true; more;) {
      const now = new Date(parts.clock());
      const objects = await untold(parts.database.db, {
        ...{ kind, now, limit: batch * BATCHES_A_LOOK, seen: look.from },
      });
      let silent = true;
      for (let k = 0; k < objects.length; k += batch) {
        if (!(await mayGoOn())) return all;
        const { told, refused } = await tell(parts, kind, objects.slice(k, k + batch));
        all.told += told;
        all.refused += refused;
        silent &&= told + refused === 0;
      }
      const whole = objects.length < batch * BATCHES_A_LOOK;
      if (whole) await endLook(parts.database.db, kind, look);
      more = !whole && !silent;
    }
  }
  return all;
}

/** False when somebody else may go on instead. */
async function forgetErased(
  { database: { db }, remote }: CrmSync,
  kind: CrmKind,
  mayGoOn: () => Promise<boolean>,
): Promise<boolean> {
  for (;;) {
    const erased = await erasedThere(db, kind, remote.batch);
    if (erased.length === 0) return true;
    if (!(await mayGoOn())) return false;
    const alone = erased.filter((one) => !one.shared).map((one) => one.remoteId);
    if (alone.length > 0) await remote.forget(kind, alone);
    await unlink(
      db,
      kind,
      erased.map((one) => one.externalId),
    );
  }
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
  const answered = new Set([...answer.told, ...answer.refused].map((one) => one.externalId));
  // Neither told nor refused: they come again with the next look.
  const silent = objects.filter((object) => !answered.has(object.externalId));
  await noteSilent(db, silent, now);
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
