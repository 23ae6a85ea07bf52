import proto from '@temporalio/proto';
import type { temporal } from '@temporalio/proto';
import type { Client } from '@temporalio/client';

type History = temporal.api.history.v1.IHistory;
const T = proto.temporal.api.enums.v1.EventType;

/** Events that exist only because time was skipped. */
const SKIPPING: number[] = [
  T.EVENT_TYPE_WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED,
  T.EVENT_TYPE_WORKFLOW_EXECUTION_OPTIONS_UPDATED,
];

/** Events that the vendor bills as an action, by the list of October 2026: starts, timers, activities, signals, updates, attribute upserts. */
const BILLED: number[] = [
  T.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
  T.EVENT_TYPE_TIMER_STARTED,
  T.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
  T.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
  T.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED,
  T.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
  T.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED,
];

/** What a history counts: events without time skipping's own, and billable actions. */
export function historyCost({ events }: History): { events: number; actions: number } {
  const own = (events ?? []).filter((event) => !SKIPPING.includes(event.eventType ?? 0));
  return { events: own.length, actions: own.filter((event) => BILLED.includes(event.eventType ?? 0)).length };
}

/** The cost of a run and of all that it continued as, first to last. */
export async function journeyCost(
  client: Client,
  workflowId: string,
  firstRunId: string,
): Promise<{ events: number; actions: number }> {
  const total = { events: 0, actions: 0 };
  for (let runId: string | undefined = firstRunId; runId;) {
    const history: History = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    const cost = historyCost(history);
    total.events += cost.events;
    total.actions += cost.actions;
    runId = history.events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? undefined;
  }
  return total;
}
