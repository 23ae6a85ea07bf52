import type { AccountRow } from '../../db/queries/accounts/read-account.ts';
import type { AuditEntry } from '../../db/queries/audit/record-audit.ts';
import type { NewJourney } from '../../db/queries/journeys/insert-journey.ts';
import { prepareStart } from '../../playbooks/prepare-start.ts';
import type { PrepareStart } from '../../playbooks/prepare-start.ts';
import { createKernel } from '../../workflows/kernel/create-kernel.ts';
import { rulesOf } from '../../workflows/rules/rules-of.ts';
import type { Published } from '../playbooks/catalog.ts';

/** What a journey that is about to be opened is made of; all that it needs has been read. */
export type Beginning = Pick<PrepareStart, 'contacts' | 'metrics' | 'health' | 'now' | 'systemZone'> & {
  id: string;
  lock: string;
  playbook: Published;
  account: AccountRow;
  body: { key?: string; anchor?: string; options?: Record<string, unknown> };
  actor: string;
  clockShift?: number;
};

/** The row of a journey that starts, and its line in the audit trail. */
export function newJourney(beginning: Beginning): { row: NewJourney; entry: AuditEntry } {
  const { id, lock, playbook, account, contacts, metrics, health, body, actor, systemZone, now } = beginning;
  const { timetable, state } = prepareStart({
    ...{
      playbook: playbook.definition,
      version: playbook.version,
      account,
      contacts,
      metrics,
      health,
      systemZone,
      now,
    },
    anchor: body.anchor === undefined ? undefined : Date.parse(body.anchor),
    options: body.options,
    journeyId: id,
  });
  const { kind } = playbook.definition;
  const kernel = createKernel(timetable, rulesOf(kind));
  const next = kernel.next(state);
  const at = new Date(now);
  return {
    row: {
      ...{ id, lock, kind, timetable },
      accountId: account.id,
      key: body.key ?? null,
      playbook: playbook.id,
      version: playbook.version,
      state: 'starting',
      stage: kernel.stage(state),
      nextStep: next?.step ?? null,
      nextAt: next ? new Date(next.at) : null,
      plan: state.plan,
      owner: state.owner,
      anchor: new Date(state.startedAt),
      options: body.options ?? {},
      rev: state.rev,
      snapshot: state,
      snapshotAt: at,
      clockShift: beginning.clockShift ?? 0,
      startedBy: actor,
      startedAt: at,
    },
    entry: {
      ...{ at, actor },
      action: 'journey.start',
      target: `journey:${id}`,
      details: { account: account.id, playbook: playbook.id, version: playbook.version },
    },
  };
}

/** Whether a journey of this playbook reads figures of its account as it starts. */
export const readsAtStart = ({ definition }: Pick<Published, 'definition'>): boolean =>
  Object.values(definition.flags).some((flag) => flag.initially !== undefined);
