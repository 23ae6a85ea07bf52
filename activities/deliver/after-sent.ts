import type { Tx } from '../../db/database.ts';
import { openOffer } from '../../db/queries/offers/open-offer.ts';
import { openChecklist } from '../../db/queries/tasks/open-checklist.ts';
import { openTask } from '../../db/queries/tasks/open-task.ts';
import { durationMs } from '../../workflows/contracts/time.ts';
import type { DeliverInput } from '../../workflows/contracts/journey.ts';
import type { Crm } from '../crm/crm.ts';
import { OWNER_ROLES } from '../tasks/owner-roles.ts';
import { configOf, resolveTerm } from './config.ts';
import type { StepContext } from './context.ts';
import { expiryOf } from './view.ts';

type Sent = { now: number; offer?: string | null };

/** What a step leaves open once it was told: an offer, a task, a checklist; and what the CRM learns. Each is written once. */
export async function afterSent(tx: Tx, crm: Crm, c: StepContext, input: DeliverInput, sent: Sent): Promise<void> {
  if (sent.offer) await openTheOffer(tx, c, input, sent.offer, sent.now);
  if (c.step.kind === 'task') await openTheTask(tx, c, input, sent.now);
  if (c.step.kind === 'checklist') {
    const { journeyId, step } = input;
    await openChecklist(tx, { journeyId, step, items: c.spec.open?.items ?? [], now: new Date(sent.now) });
    await openTheTask(tx, c, input, sent.now);
  }
  await tellCrm(tx, crm, c, input, sent.now);
}

async function openTheOffer(tx: Tx, c: StepContext, input: DeliverInput, offer: string, now: number): Promise<void> {
  const config = configOf(c);
  const terms = Object.entries(c.playbook.offers.find((o) => o.id === offer)?.terms ?? {});
  const expires = expiryOf(c.journey.timetable, input.state, input.step, input.n, now, offer);
  await openOffer(tx, {
    journeyId: input.journeyId,
    accountId: c.journey.accountId,
    step: input.step,
    n: input.n,
    offer,
    terms: Object.fromEntries(terms.map(([name, value]) => [name, resolveTerm(config, value)])),
    expiresAt: expires === null ? null : new Date(expires),
    createdAt: new Date(now),
  });
}

async function openTheTask(tx: Tx, c: StepContext, input: DeliverInput, now: number): Promise<void> {
  const { task } = c.spec;
  const sla = task?.sla ? resolveTerm(configOf(c), task.sla) : null;
  const expires = expiryOf(c.journey.timetable, input.state, input.step, input.n, now);
  const due = sla === null ? expires : now + durationMs(String(sla));
  await openTask(tx, {
    key: `${input.journeyId}/${input.step}/${input.n}`,
    journeyId: input.journeyId,
    accountId: c.journey.accountId,
    step: input.step,
    n: input.n,
    title: c.spec.title,
    instructions: task?.instructions ?? '',
    owner: !task || OWNER_ROLES.includes(task.owner) ? input.state.owner : null,
    ownerRole: task?.owner ?? 'owner',
    minutes: task?.minutes ?? null,
    dueAt: due === null ? null : new Date(due),
    createdAt: new Date(now),
  });
}

async function tellCrm(tx: Tx, crm: Crm, c: StepContext, input: DeliverInput, now: number): Promise<void> {
  const { stage, note } = c.spec.crm ?? {};
  const at = { accountId: c.journey.accountId, at: new Date(now) };
  if (stage) await crm.setStage(tx, { ...at, stage });
  const key = `${input.journeyId}/${input.step}/${input.n}`;
  if (note) await crm.addNote(tx, { ...at, key, text: note, author: `journey:${c.playbook.id}` });
}
