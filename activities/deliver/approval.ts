import type { Tx } from '../../db/database.ts';
import { approvalTaskKey, closeApprovalTask, promoteDraft, withdrawDrafts } from '../../db/queries/approvals/drafts.ts';
import { raiseLevel } from '../../db/queries/tasks/change-tasks.ts';
import { openTask } from '../../db/queries/tasks/open-task.ts';
import type { MessageRow } from '../../db/schema/index.ts';
import { DAY_MS } from '../../workflows/contracts/time.ts';
import type { DeliverInput } from '../../workflows/contracts/journey.ts';
import { LEASE_MS } from '../ledger/ledger.ts';
import { configOf, resolveTerm } from './config.ts';
import type { StepContext } from './context.ts';
import type { JourneyDeps } from './deps.ts';
import { withEdits } from './edited-words.ts';
import { APPROVAL, BY_TIME, say, sayHeld } from './record.ts';
import type { Reserved } from './reserve.ts';
import { providerOf } from './send.ts';
import { writeDraft } from './write-intent.ts';
import type { ToWrite } from './write-intent.ts';

/** Whether a draft still waits for somebody's word: nobody approved it, and its time is not over. */
export function awaitsWord(c: StepContext, input: DeliverInput, row: MessageRow | undefined, now: number): boolean {
  return row?.state === 'draft' && approverOf(input) === undefined && now < row.approvalUntil!.getTime();
}

const approverOf = (input: DeliverInput) => input.state.steps[input.step]?.approvedBy;

/** A message that needs a word: made and put before whoever gives it, sent in its frozen words once it came, or what its playbook says when it never came. */
export async function withApproval(
  tx: Tx,
  deps: JourneyDeps,
  c: StepContext,
  input: DeliverInput,
  now: number,
  w: ToWrite,
): Promise<Reserved> {
  const made = w.existing ?? (await writeDraft(tx, deps, c, input, now, w));
  if ('t' in made) return made;
  const row = await withEdits(tx, { ...input, publishedAt: c.publishedAt }, made);
  const by = approverOf(input) ?? row.approvedBy ?? undefined;
  if (by !== undefined) return letGo(tx, deps, c, input, now, { ...w, row, by });
  const until = row.approvalUntil!.getTime();
  if (now < until) {
    await ask(tx, deps, c, input, row, now);
    return wait(tx, c, input, now, until, row);
  }
  const otherwise = resolveTerm(configOf(c), c.spec.approval!.otherwise);
  if (otherwise === 'send') return letGo(tx, deps, c, input, now, { ...w, row, by: BY_TIME });
  if (otherwise === 'drop') {
    await withdrawDrafts(tx, [{ ...input, contactId: c.turn }], 'approval-expired', new Date(now));
    await say(tx, c, input, now, { outcome: 'dropped', reason: 'approval-expired', details: { message: row.id } });
    return { t: 'outcome', outcome: { is: 'dropped', reason: 'approval-expired' } };
  }
  await askAbove(tx, deps, c, input, row, now);
  return wait(tx, c, input, now, now + DAY_MS, row);
}

async function letGo(
  tx: Tx,
  deps: JourneyDeps,
  c: StepContext,
  input: DeliverInput,
  now: number,
  w: ToWrite & { row: MessageRow; by: string },
): Promise<Reserved> {
  const row = await promoteDraft(tx, w.row.id, {
    approvedBy: w.by,
    leaseUntil: new Date(now + LEASE_MS),
    provider: providerOf(deps, w.row.channel),
    now: new Date(now),
  });
  const outcome = w.by === BY_TIME ? 'auto-sent' : 'approved';
  await closeApprovalTask(tx, input, { outcome, by: 'system', now: new Date(now) });
  return { t: 'send', context: c, row, probes: w.probes };
}

/** Held until a command or the end of its time, whichever comes first. */
function wait(
  tx: Tx,
  c: StepContext,
  input: DeliverInput,
  now: number,
  until: number,
  row: MessageRow,
): Promise<Reserved> {
  const held = { is: 'held' as const, hold: APPROVAL, recheck: Math.min(until, now + DAY_MS), reason: 'approval' };
  const details = {
    message: row.id,
    contact: row.contactId,
    by: c.spec.approval!.by,
    until: row.approvalUntil!.toISOString(),
  };
  return sayHeld(tx, c, input, now, held, details).then((outcome) => ({ t: 'outcome', outcome }));
}

const linkTo = (deps: JourneyDeps, row: MessageRow) =>
  `${deps.settings.publicUrl.replace(/\/$/, '')}/v1/approvals/${row.id}`;

async function ask(
  tx: Tx,
  deps: JourneyDeps,
  c: StepContext,
  input: DeliverInput,
  row: MessageRow,
  now: number,
): Promise<void> {
  const { journeyId, step, n } = input;
  const { by } = c.spec.approval!;
  await openTask(tx, {
    key: approvalTaskKey(input),
    journeyId,
    accountId: c.journey.accountId,
    step,
    n,
    kind: 'approval',
    title: `Approve “${c.spec.title}”`,
    instructions: 'Read the message, and approve, edit or reject it with a command to its journey.',
    link: linkTo(deps, row),
    owner: null,
    ownerRole: by,
    minutes: null,
    dueAt: row.approvalUntil,
    createdAt: new Date(now),
  });
}

/** Nobody said anything in its time and the message waits on: whoever stands above is told, and again every day. */
async function askAbove(
  tx: Tx,
  deps: JourneyDeps,
  c: StepContext,
  input: DeliverInput,
  row: MessageRow,
  now: number,
): Promise<void> {
  const { journeyId, step, n } = input;
  const level = 1 + Math.floor((now - row.approvalUntil!.getTime()) / DAY_MS);
  const ladder = c.spec.open?.escalations ?? [];
  const to = ladder[Math.min(level, ladder.length) - 1]?.to ?? 'head-of-cs';
  const key = approvalTaskKey(input);
  await raiseLevel(tx, { key, level });
  await openTask(tx, {
    key: `${key}/overdue`,
    journeyId,
    accountId: c.journey.accountId,
    step,
    n,
    kind: 'approval',
    title: `Nobody has approved “${c.spec.title}”`,
    instructions: 'The message waits on until somebody approves, edits or rejects it.',
    link: linkTo(deps, row),
    owner: null,
    ownerRole: to,
    minutes: null,
    dueAt: new Date(now + DAY_MS),
    level,
    createdAt: new Date(now),
  });
  await raiseLevel(tx, { key: `${key}/overdue`, level });
  deps.log.warn({ journey: journeyId, step, message: row.id }, 'a message waits for its approval beyond its time');
}
