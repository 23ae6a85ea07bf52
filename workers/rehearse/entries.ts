import type { Db } from '../../db/database.ts';
import { decisionsOf } from '../../db/queries/decisions/decisions-of.ts';
import { commandsOf } from '../../db/queries/commands/commands-of.ts';
import { listAudit } from '../../db/queries/audit/list-audit.ts';
import { noticeGroups } from '../../db/queries/broadcasts/notice-groups.ts';
import type { Playbook } from '../../workflows/contracts/playbook.ts';
import { formatDuration } from '../../workflows/contracts/time.ts';
import type { Item } from './persona-driver.ts';

/** One thing that the journey did or did not do; `at` ISO in UTC, `offset` ISO-8601 from the start, both to the second. */
export type Entry = {
  at: string;
  offset: string;
  stage: string | null;
  step: string;
  kind: string;
  channel: string | null;
  template: string | null;
  variant: string | null;
  offer: string | null;
  outcome: string;
  reason: string | null;
};

type Options = { start: number; playbook: Playbook; refused: Item[] };

/** The whole story of a journey, in order: every word of every decision, and the commands. */
export async function readEntries(db: Db, journeyId: string, { start, playbook, refused }: Options): Promise<Entry[]> {
  const stageOf = new Map(playbook.stages.flatMap((stage) => stage.steps.map((step) => [step.id, stage.id] as const)));
  const order = [...stageOf.keys()];
  const when = (ms: number) => {
    const second = Math.round(ms / 1000) * 1000;
    return { at: new Date(second).toISOString(), offset: formatDuration(second - start) };
  };
  const none = { stage: null, channel: null, template: null, variant: null, offer: null };
  const steps = (await decisionsOf(db, journeyId)).flatMap((row) =>
    row.history.map(({ outcome, reason, at }): Entry => ({
      ...when(Date.parse(at)),
      stage: stageOf.get(row.step) ?? null,
      step: row.step,
      ...{
        kind: row.kind,
        channel: row.channel,
        template: row.template,
        variant: row.variant,
        offer: row.offer,
        outcome,
        reason,
      },
    })),
  );
  const commands = (await commandsOf(db, journeyId)).map((row): Entry => ({
    ...none,
    ...when(row.receivedAt.getTime()),
    step: row.name,
    kind: 'command',
    outcome: row.state,
    reason: refusalOf(row.answer),
  }));
  const escalations = (
    await listAudit(db, { target: `journey:${journeyId}`, action: 'step.escalated' }, { limit: 500 })
  ).map(({ at, details }): Entry => ({
    ...none,
    ...when(at.getTime()),
    stage: stageOf.get(String(details.step)) ?? null,
    step: `${String(details.step)}/level-${Number(details.level)}`,
    kind: 'escalation',
    outcome: 'escalated',
    reason: String(details.to),
  }));
  // One entry an account, as for any message; alike ones are not told apart.
  const notices = (await noticeGroups(db, journeyId)).flatMap((row) => {
    const { step, channel, template, variant, outcome, reason } = row;
    const said = {
      ...none,
      ...when(row.at.getTime()),
      step,
      kind: 'notice',
      channel,
      template,
      variant,
      outcome,
      reason,
    };
    return Array.from({ length: row.accounts }, (): Entry => ({ ...said, stage: stageOf.get(step) ?? null }));
  });
  const refusals = refused
    .filter((item) => item.t !== 'command' && item.t !== 'sweep')
    .map((item): Entry => ({
      ...none,
      ...when(item.at),
      step: item.t === 'fact' ? item.step : item.t,
      kind: item.t,
      outcome: 'refused',
      reason: item.refusal ?? null,
    }));
  const rank = (entry: Entry) => (entry.kind === 'command' ? -1 : order.indexOf(entry.step.split('/')[0]!));
  return [...steps, ...escalations, ...notices, ...commands, ...refusals].sort(
    (a, b) => a.at.localeCompare(b.at) || rank(a) - rank(b),
  );
}

const refusalOf = (answer: unknown) =>
  answer && typeof answer === 'object' && 'code' in answer ? String(answer.code) : null;
