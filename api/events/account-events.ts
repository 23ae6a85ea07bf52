import type { Tx } from '../../db/database.ts';
import { changePlan } from '../../db/queries/accounts/change-plan.ts';
import { mergeFacts } from '../../db/queries/accounts/merge-facts.ts';
import type { AccountRow } from '../../db/queries/accounts/read-account.ts';
import { insertEvents } from '../../db/queries/events/insert-events.ts';
import { isPlan } from '../../playbooks/plans.ts';
import { FACT_CHANGED } from '../../playbooks/publish/compile-timetable.ts';
import type { EventBody } from '../../workflows/contracts/api.ts';
import { hashBody } from '../plugins/idempotency.ts';
import type { Catalog } from '../playbooks/catalog.ts';

export { FACT_CHANGED };
export const PLAN_CHANGED = 'account.plan_changed';
/** Events whose data are facts by name. */
export const FACTS_RECORDED = 'facts_recorded';
/** What says which plan an account is on from now on. */
const SETS_PLAN = new Set([PLAN_CHANGED, 'subscription.started', 'purchase']);
/** With what a subscription begins: the fact `subscribed_at`, from which its first days count. A purchase may also be one more by somebody who has one. */
const SUBSCRIBES = new Set(['subscription.started', 'purchase', 'trial.converted', 'community.upgraded']);

type Change = { catalog: Pick<Catalog, 'boundFacts'>; actor: string; now: number };

/**
 * Applies what events say about their accounts, in order: facts and the plan. Answers the events with what follows from them
 * behind each, stored: a fact has changed that somebody counts from, the plan has changed. `accounts` is brought up to date.
 */
export async function applyToAccounts(
  tx: Tx,
  events: EventBody[],
  accounts: Map<string, AccountRow>,
  change: Change,
): Promise<EventBody[]> {
  const all: EventBody[] = [];
  for (const event of events) {
    all.push(event);
    const before = accounts.get(event.account)!;
    const after = await applied(tx, event, before, change.now);
    if (after === before) continue;
    accounts.set(event.account, after);
    // Of a plan that the event itself reports there is nothing more to say.
    const told = event.type === PLAN_CHANGED ? { ...before, plan: after.plan } : before;
    all.push(...(await storeChanges(tx, { cause: event.id, before: told, after }, change)));
  }
  return all;
}

async function applied(tx: Tx, event: EventBody, account: AccountRow, now: number): Promise<AccountRow> {
  const data = event.data ?? {};
  if (event.type === FACTS_RECORDED) return withFacts(tx, account, data, now);
  if (SUBSCRIBES.has(event.type) && (event.type !== 'purchase' || account.facts.subscribed_at === undefined))
    account = await withFacts(tx, account, { subscribed_at: event.at ?? new Date(now).toISOString() }, now);
  const { plan } = data;
  if (!SETS_PLAN.has(event.type) || typeof plan !== 'string' || !isPlan(plan) || plan === account.plan) return account;
  await changePlan(tx, event.account, plan, new Date(now));
  return { ...account, plan };
}

async function withFacts(tx: Tx, account: AccountRow, data: Record<string, unknown>, now: number): Promise<AccountRow> {
  await mergeFacts(tx, account.id, data, new Date(now));
  const facts = Object.entries({ ...account.facts, ...data }).filter(([, value]) => value !== null);
  return { ...account, facts: Object.fromEntries(facts) };
}

/** Stores an event for every change of an account that somebody may wait for, each once for its cause. */
export async function storeChanges(
  tx: Tx,
  { cause, before, after }: { cause: string; before: AccountRow; after: AccountRow },
  { catalog, actor, now }: Change,
): Promise<EventBody[]> {
  const at = new Date(now);
  const facts = [...catalog.boundFacts].filter((name) => !same(before.facts[name], after.facts[name]));
  const events: EventBody[] = facts.map((fact) => ({
    ...{ id: `fact:${cause}:${fact}`, account: after.id, type: FACT_CHANGED, at: at.toISOString() },
    data: { fact, value: (after.facts[fact] ?? null) as string | null },
  }));
  if (before.plan !== after.plan)
    events.push({
      ...{ id: `plan:${cause}`, account: after.id, type: PLAN_CHANGED, at: at.toISOString() },
      data: { plan: after.plan },
    });
  const rows = events.map(({ id, account, type, data }) => ({
    ...{ id, accountId: account, type, at, receivedAt: at, actor },
    ...{ data: data ?? {}, bodyHash: hashBody(data ?? {}) },
  }));
  const { fresh } = await insertEvents(tx, rows);
  return events.filter(({ id }) => fresh.has(id));
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
