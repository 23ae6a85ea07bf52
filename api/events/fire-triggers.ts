import { randomUUID } from 'node:crypto';
import type { Tx } from '../../db/database.ts';
import { readContacts } from '../../db/queries/accounts/read-account.ts';
import type { AccountRow } from '../../db/queries/accounts/read-account.ts';
import { readMetrics } from '../../db/queries/accounts/read-metrics.ts';
import { recordAudit } from '../../db/queries/audit/record-audit.ts';
import type { Telling } from '../../db/queries/deliveries/tell-journeys.ts';
import { lockGate } from '../../db/queries/touches/lock-gate.ts';
import { readOpenJourney } from '../../db/queries/journeys/read-journey.ts';
import { pendingProgram } from '../../db/queries/programs/read-program.ts';
import { healthOf } from '../../db/queries/scores/health-of.ts';
import { openTask } from '../../db/queries/tasks/open-task.ts';
import type { JourneyRow } from '../../db/schema/journeys.ts';
import { CelError } from '../../playbooks/cel/cel-error.ts';
import { holds } from '../../playbooks/cel/evaluate-cel.ts';
import { readsHealth } from '../../playbooks/cel/reads-health.ts';
import type { Scope } from '../../playbooks/cel/scope.ts';
import { plans } from '../../playbooks/plans.ts';
import { resolveConfig } from '../../playbooks/publish/resolve-config.ts';
import { triggersOf } from '../../playbooks/triggers-of.ts';
import type { EventBody } from '../../workflows/contracts/api.ts';
import { TenureError } from '../../workflows/contracts/errors.ts';
import type { Trigger } from '../../workflows/contracts/playbook.ts';
import { journeyWorkflowId } from '../../workflows/messages.ts';
import { keyOf, openJourney } from '../journeys/open-journey.ts';
import { migrateJourney } from '../journeys/migrate-journey.ts';
import type { Catalog, Published } from '../playbooks/catalog.ts';

export type Firing = {
  event: Pick<EventBody, 'id' | 'type' | 'data'>;
  /** When it happened: the anchor of what it starts. */
  at: number;
  /** As it is after the event. */
  account: AccountRow;
  catalog: Catalog;
  actor: string;
  systemZone: string;
  now: number;
  clockShift?: number;
  /** The one playbook whose triggers count; missing: all. */
  only?: string;
  /** Takes what open journeys must be told, in order. */
  tell: (telling: Telling) => void;
};

/** Starts what an event starts, and has open journeys go on where it says so; answers the journeys that began. Why one did not is in the audit trail, and with staff where a journey had handed over: the event is a fact whatever becomes of it. */
export async function fireTriggers(tx: Tx, firing: Firing): Promise<JourneyRow[]> {
  const started: JourneyRow[] = [];
  for (const playbook of firing.catalog.latest) {
    if (firing.only !== undefined && playbook.id !== firing.only) continue;
    const fits = triggersOf(playbook.definition).filter((trigger) => matches(trigger, firing.event));
    if (fits.length === 0) continue;
    try {
      const row = await fire(tx, firing, playbook, fits);
      if (row) started.push(row);
    } catch (error) {
      await notStarted(tx, firing, playbook, error);
    }
  }
  return started;
}

const matches = ({ event: type, where = {} }: Trigger, event: Firing['event']): boolean =>
  type === event.type && Object.entries(where).every(([field, value]) => event.data?.[field] === value);

async function fire(tx: Tx, firing: Firing, playbook: Published, triggers: Trigger[]): Promise<JourneyRow | undefined> {
  const { event, account, actor, systemZone, now, clockShift, tell } = firing;
  const conditions = triggers.some((one) => one.when !== undefined);
  const scope = conditions ? await scopeOf(tx, firing, playbook) : undefined;
  const holding = triggers.filter(({ when }) => when === undefined || holds(playbook.definition, when, scope!));
  if (holding.length === 0) return undefined;
  // The gate comes before the row of a journey: both what it goes over to and what it begins may hold others back.
  await lockGate(tx, account.id);
  const over = holding.flatMap((one) => one.takesOver ?? []);
  const open = over.length > 0 ? await openUnderLock(tx, playbook, account.id) : undefined;
  if (open && open.follows === playbook.id) return undefined;
  if (open && over.includes(open.follows)) {
    tell(await migrateJourney(tx, { row: open.row, to: playbook, account, event, actor, now }));
    return undefined;
  }
  if (holding.every((one) => one.starts === false)) return undefined;
  const body = { account: account.id, anchor: new Date(firing.at).toISOString() };
  const opening = { id: randomUUID(), playbook, body, actor, systemZone, now, clockShift };
  const { row, created } = await openJourney(tx, opening);
  return created ? row : undefined;
}

/** The journey that has the playbook's lock, and the playbook that it follows or has been told to go over to. */
async function openUnderLock(tx: Tx, playbook: Published, account: string) {
  // Locked: one whose end is being written is open no more once that is done.
  const lock = journeyWorkflowId(playbook.definition.kind, account, keyOf(playbook));
  const row = await readOpenJourney(tx, lock, { lock: true });
  if (!row) return undefined;
  const pending = await pendingProgram(tx, row.id, row.program);
  return { row, follows: pending?.playbook ?? row.playbook };
}

async function scopeOf(tx: Tx, { account, now }: Firing, { definition }: Published): Promise<Scope> {
  const at = new Date(now);
  const [contact] = await readContacts(tx, account.id);
  const model = readsHealth(definition) ? plans[account.plan]?.health : undefined;
  return {
    account,
    facts: account.facts,
    metrics: await readMetrics(tx, account.id, at),
    health: model ? await healthOf(tx, { account: account.id, model, now: at }) : null,
    flags: {},
    config: resolveConfig(definition),
    journey: { id: '', startedAt: now, anchors: {} },
    contact: contact ? { role: contact.role } : null,
    now,
  };
}

async function notStarted(tx: Tx, firing: Firing, playbook: Published, error: unknown) {
  const { event, account, actor, now } = firing;
  const { id } = playbook;
  const code = error instanceof TenureError ? error.code : error instanceof CelError ? 'condition-failed' : undefined;
  if (code === undefined) throw error;
  const about =
    error instanceof TenureError && typeof error.details.fact === 'string' ? { fact: error.details.fact } : {};
  await recordAudit(tx, {
    ...{ at: new Date(now), actor },
    action: 'journey.not-started',
    target: `account:${account.id}`,
    details: { event: event.id, playbook: id, code, ...about },
  });
  if (isHandOver(firing)) await tellStaff(tx, firing, playbook, error as Error);
}

const END = /^end:([\da-f-]{36})/;
const DUE_IN_MS = 24 * 3_600_000;

/** What a journey's end emitted, or left to be taken up. */
const isHandOver = ({ event, actor }: Firing) => END.test(event.id) || actor.startsWith('journey:');

/** Once an event and playbook; the journey that was to begin has no row, so the one that ended names it. */
async function tellStaff(tx: Tx, { event, account, now }: Firing, playbook: Published, error: Error): Promise<void> {
  const { id, definition } = playbook;
  await openTask(tx, {
    key: `not-started/${event.id}/${id}`,
    journeyId: END.exec(event.id)?.[1] ?? null,
    accountId: account.id,
    step: 'end',
    n: 1,
    title: `“${definition.title}” was to begin and has not`,
    instructions: `A journey of this account ended and handed over (${event.type}), but ${id} was not begun: ${wordsOf(error)} Start it by hand if it is still wanted.`,
    owner: null,
    ownerRole: 'operations',
    minutes: null,
    dueAt: new Date(now + DUE_IN_MS),
    createdAt: new Date(now),
  });
}

const wordsOf = (error: Error): string =>
  error instanceof CelError ? `its condition could not be worked out (${error.code}).` : error.message;
