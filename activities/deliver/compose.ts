import type { Db, Tx } from '../../db/database.ts';
import type { ContactRow } from '../../db/queries/touches/load-touch.ts';
import { pinnedTemplate } from '../../db/queries/touches/pinned-template.ts';
import { commonData } from '../../playbooks/judge/judge-step.ts';
import type { Scope } from '../../playbooks/cel/scope.ts';
import type { Channel } from '../../workflows/contracts/playbook.ts';
import { mailHeaders } from '../email/mail-headers.ts';
import { RenderError, render } from '../render/render.ts';
import type { CompiledTemplate } from '../render/template-schema.ts';
import { signSurvey } from '../survey-token.ts';
import { signUnsubscribe } from '../unsubscribe-token.ts';
import type { StepContext } from './context.ts';
import type { DeliverSettings } from './deps.ts';

/** A message in words, as it will be frozen in the ledger. */
export type Composed = {
  subject: string | null;
  html: string | null;
  text: string;
  headers: Record<string, string>;
  template: string;
  templateMajor: number;
  templateMinor: number;
};

/** Writes the message for one contact; throws `RenderError` when data or template make it impossible. */
export async function compose(
  tx: Tx | Db,
  settings: DeliverSettings,
  c: StepContext,
  to: { contact: ContactRow; channel: Channel; zone: string; n: number },
  say: { template: string; data: Record<string, unknown>; scope: Scope },
): Promise<Composed> {
  const row = await pinnedTemplate(tx, say.template, c.publishedAt);
  if (!row) throw new RenderError('template-failed', say.template);
  const unsubscribeUrl = unsubscribeLink(settings, c, to);
  const given = {
    ...commonData(say.scope),
    ...say.data,
    ...(unsubscribeUrl ? { unsubscribe_link: unsubscribeUrl } : {}),
    ...surveyLink(settings, c, to.n),
  };
  const rendered = render(row.compiled as unknown as CompiledTemplate, given, {
    zone: to.zone,
    locale: settings.locale ?? 'en-US',
  });
  return {
    subject: rendered.subject ?? rendered.title ?? null,
    html: rendered.html ?? null,
    text: rendered.text,
    headers: { ...(to.channel === 'email' ? mailHeaders({ unsubscribeUrl }) : {}), ...actionHeaders(rendered.action) },
    template: say.template,
    templateMajor: row.major,
    templateMinor: row.minor,
  };
}

/** Only marketing mail can be unsubscribed from. */
function unsubscribeLink(
  settings: DeliverSettings,
  c: StepContext,
  to: { contact: ContactRow; channel: Channel },
): string | undefined {
  if (c.step.class !== 'marketing' || to.channel !== 'email') return undefined;
  const claim = { contact: to.contact.id, channel: to.channel, class: c.step.class };
  return `${settings.publicUrl.replace(/\/$/, '')}/u/${signUnsubscribe(claim, settings.secret)}`;
}

/** Where a survey is answered, for the survey itself and for the step that reminds of it. */
function surveyLink({ publicUrl, secret }: DeliverSettings, c: StepContext, n: number): { survey_link?: string } {
  const survey = [c.step.id, c.step.due.from.replace(/^step:/, '')]
    .map((id) => c.journey.timetable.steps.find((step) => step.id === id))
    .find((step) => step?.kind === 'survey');
  if (!survey) return {};
  const token = signSurvey({ journeyId: c.journey.id, step: survey.id, n }, secret);
  return { survey_link: `${publicUrl.replace(/\/$/, '')}/s/${token}` };
}

/** An in-app message's button travels beside its text. */
const actionHeaders = (action: { label: string; url: string } | undefined): Record<string, string> =>
  action ? { 'action-label': action.label, 'action-url': action.url } : {};
