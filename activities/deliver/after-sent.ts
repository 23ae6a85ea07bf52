import type { Tx } from '../../db/database.ts';
import { openOffer } from '../../db/queries/offers/open-offer.ts';
import { incidentOfJourney } from '../../db/queries/incidents/read-incident.ts';
import { askPage } from '../../db/queries/pages/ask-page.ts';
import { openSurvey } from '../../db/queries/surveys/open-survey.ts';
import { openChecklist } from '../../db/queries/tasks/open-checklist.ts';
import { openTask } from '../../db/queries/tasks/open-task.ts';
import { isIncidentKind } from '../../workflows/contracts/incident-kinds.ts';
import { durationMs } from '../../workflows/contracts/time.ts';
import { addLocalDays } from '../../workflows/kernel/calendar.ts';
import type { DeliverInput } from '../../workflows/contracts/journey.ts';
import type { Crm } from '../crm/crm.ts';
import { OWNER_ROLES } from '../../workflows/contracts/owner-roles.ts';
import { configOf, resolveTerm } from './config.ts';
import type { StepContext } from './context.ts';
import { expiryOf } from './view.ts';

export type Sent = {
  now: number;
  offer?: string | null;
  /** Whom it was told, where that is one contact. */
  contactId?: string;
  /** Figures for whoever does the task. */
  figures?: Record<string, unknown>;
};

/** What a step leaves open once it was told: an offer, a survey, a task, a checklist; and what the CRM learns. Each is written once. */
export async function afterSent(tx: Tx, crm: Crm, c: StepContext, input: DeliverInput, sent: Sent): Promise<void> {
  // The step's own word, and all that follows from it, comes when everybody is decided.
  if (c.turn !== undefined) return;
  if (sent.offer) await openTheOffer(tx, c, input, sent.offer, sent.now);
  if (c.step.kind === 'survey' && sent.contactId) await openTheSurvey(tx, c, input, sent.contactId, sent.now);
  if (c.step.kind === 'task' || c.step.kind === 'meeting') await openTheTask(tx, c, input, sent);
  if (c.step.kind === 'checklist') {
    const { journeyId, step } = input;
    await openChecklist(tx, { journeyId, step, items: c.spec.open?.items ?? [], now: new Date(sent.now) });
    await openTheTask(tx, c, input, sent);
  }
  await tellCrm(tx, crm, c, input, sent.now);
}

async function openTheOffer(tx: Tx, c: StepContext, input: DeliverInput, offer: string, now: number): Promise<void> {
  const config = configOf(c);
  const spec = c.playbook.offers.find((o) => o.id === offer);
  const terms = Object.entries(spec?.terms ?? {});
  const expires = expiryOf(c.journey.timetable, input.state, input.step, input.n, now, offer);
  const months = spec?.pausesBilling?.months;
  await openOffer(tx, {
    journeyId: input.journeyId,
    accountId: c.journey.accountId,
    step: input.step,
    n: input.n,
    offer,
    terms: {
      ...Object.fromEntries(terms.map(([name, value]) => [name, resolveTerm(config, value)])),
      ...(months === undefined ? {} : { pauseMonths: Number(resolveTerm(config, months)) }),
    },
    discount: spec?.discount ?? false,
    expiresAt: expires === null ? null : new Date(expires),
    createdAt: new Date(now),
  });
}

async function openTheSurvey(
  tx: Tx,
  c: StepContext,
  input: DeliverInput,
  contactId: string,
  now: number,
): Promise<void> {
  const { question, from, to } = c.spec.survey ?? { question: c.spec.title, from: 0, to: 10 };
  const expires = expiryOf(c.journey.timetable, input.state, input.step, input.n, now);
  await openSurvey(tx, {
    journeyId: input.journeyId,
    accountId: c.journey.accountId,
    contactId,
    step: input.step,
    n: input.n,
    question,
    scaleFrom: from,
    scaleTo: to,
    expiresAt: expires === null ? null : new Date(expires),
    createdAt: new Date(now),
  });
}

const NO_DAYS = { months: 0, days: 0, ms: 0 };

/** So long from now, or at that local time of today. */
function dueBy(sla: string, atLeast: string | undefined, { state }: DeliverInput, now: number): number {
  const [hours, minutes] = sla.split(':').map(Number);
  if (minutes === undefined) return now + durationMs(sla);
  const least = atLeast === undefined ? now : now + durationMs(atLeast);
  return Math.max(least, addLocalDays(state.zone, now, NO_DAYS, hours! * 60 + minutes));
}

async function openTheTask(
  tx: Tx,
  c: StepContext,
  input: DeliverInput,
  { now, figures }: Pick<Sent, 'now' | 'figures'>,
): Promise<void> {
  const { task } = c.spec;
  const figure = (value: string | undefined) => value && String(resolveTerm(configOf(c), value));
  const sla = figure(task?.sla);
  const expires = expiryOf(c.journey.timetable, input.state, input.step, input.n, now);
  const due = sla ? dueBy(sla, figure(task?.slaAtLeast), input, now) : expires;
  const key = `${input.journeyId}/${input.step}/${input.n}`;
  const ownerRole = task?.owner ?? 'owner';
  await openTask(tx, {
    key,
    journeyId: input.journeyId,
    accountId: c.journey.accountId,
    step: input.step,
    n: input.n,
    kind: c.step.kind as 'task' | 'meeting' | 'checklist',
    title: c.spec.title,
    instructions: task?.instructions ?? '',
    data: { ...figures, ...(await incidentOf(tx, c, input)) },
    attendees: task?.attendees ?? null,
    owner: !task || OWNER_ROLES.includes(task.owner) ? input.state.owner : null,
    ownerRole,
    minutes: task?.minutes ?? null,
    dueAt: due === null ? null : new Date(due),
    createdAt: new Date(now),
  });
  if (!task?.page) return;
  const page = { key, journeyId: input.journeyId, role: ownerRole, severity: task.page };
  await askPage(tx, { ...page, title: c.spec.title, now: new Date(now) });
}

/** Which incident a task of its journey is about. */
async function incidentOf(tx: Tx, c: StepContext, { journeyId }: DeliverInput): Promise<object> {
  if (!isIncidentKind(c.playbook.kind)) return {};
  const incident = await incidentOfJourney(tx, journeyId);
  return incident ? { incident: incident.id, incident_title: incident.title } : {};
}

async function tellCrm(tx: Tx, crm: Crm, c: StepContext, input: DeliverInput, now: number): Promise<void> {
  const { stage, note } = c.spec.crm ?? {};
  const at = { accountId: c.journey.accountId, at: new Date(now) };
  if (stage) await crm.setStage(tx, { ...at, stage });
  const key = `${input.journeyId}/${input.step}/${input.n}`;
  if (note) await crm.addNote(tx, { ...at, key, text: note, author: `journey:${c.playbook.id}` });
}
