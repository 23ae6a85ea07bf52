import { SearchAttributeType, defineSearchAttributeKey } from '@temporalio/common';
import type { Priority, SearchAttributePair } from '@temporalio/common';
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Command } from './contracts/commands.ts';
import { isIncidentKind } from './contracts/incident-kinds.ts';
import type { CommandAnswer, Happening, JourneyInput, JourneyStatus, State } from './contracts/journey.ts';
import type { Timetable } from './contracts/timetable.ts';

/** A staff command, answered with its new dates or refused before it enters history. `updateId` = command id. */
export const commandUpdate = defineUpdate<CommandAnswer, [Command]>('command');
/** Facts and events in the order in which they were stored. */
export const happenedSignal = defineSignal<[Happening[]]>('happened');
/** The whole kernel state, for debugging; pages read Postgres. */
export const journeyStateQuery = defineQuery<State>('journeyState');

export const TenureAccount = defineSearchAttributeKey('TenureAccount', SearchAttributeType.KEYWORD);
export const TenureJourney = defineSearchAttributeKey('TenureJourney', SearchAttributeType.KEYWORD);
export const TenurePlaybook = defineSearchAttributeKey('TenurePlaybook', SearchAttributeType.KEYWORD);
export const TenureState = defineSearchAttributeKey('TenureState', SearchAttributeType.KEYWORD);

/** Type of a refused command's ApplicationFailure; its first detail is the Refusal. */
export const COMMAND_REFUSED = 'CommandRefused';

/** The open journey's lock and workflow id: `trial:acme`, or `trial:acme:emea` with a key. */
export const journeyWorkflowId = (kind: string, account: string, key?: string | null): string =>
  [kind, account, key].filter(Boolean).join(':');

/** The workflow type that runs a kind of journey: `churnSaveJourney` for `churn-save`. */
export const journeyWorkflowType = (kind: string): string =>
  `${kind.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())}Journey`;

export const PRIORITY = {
  incident: { priorityKey: 1 },
  journey: { priorityKey: 3 },
  bulk: { priorityKey: 5 },
} satisfies Record<string, Priority>;

/** What a run's search attribute says of the playbook that it follows. */
export const playbookOf = ({ playbook, version }: Pick<Timetable, 'playbook' | 'version'>): string =>
  `${playbook}@${version}`;

/** Start options of a journey that everybody who starts one must use alike: API, dispatcher, rehydration, rehearsal. */
export function journeyStart(input: JourneyInput, workflowId: string, status: JourneyStatus = 'running') {
  const { playbook, version, kind } = input.timetable;
  const typedSearchAttributes: SearchAttributePair[] = [
    { key: TenureAccount, value: input.account },
    { key: TenureJourney, value: input.journeyId },
    { key: TenurePlaybook, value: playbookOf(input.timetable) },
    { key: TenureState, value: status },
  ];
  return {
    workflowId,
    args: [input] as [JourneyInput],
    workflowIdConflictPolicy: 'USE_EXISTING' as const,
    workflowIdReusePolicy: 'ALLOW_DUPLICATE' as const,
    typedSearchAttributes,
    priority: isIncidentKind(kind) ? PRIORITY.incident : PRIORITY.journey,
    staticSummary: `${kind} · ${playbook} v${version} · ${input.account}`,
    staticDetails: `Journey \`${input.journeyId}\` of account \`${input.account}\`, playbook \`${playbook}\` version ${version}.`,
  };
}
