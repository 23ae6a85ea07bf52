import { createConclude } from './conclude.ts';
import { createDeliver } from './deliver.ts';
import type { JourneyDeps } from './deps.ts';
import { createEscalate } from './escalate.ts';
import { createRecordCommand } from './record-command.ts';

/** The four activities of a journey's run, over one set of ports. */
export function createJourneyActivities(deps: JourneyDeps) {
  return {
    deliver: createDeliver(deps),
    escalate: createEscalate(deps),
    recordCommand: createRecordCommand(deps),
    conclude: createConclude(deps),
  };
}

/** What a workflow imports, as a type only. */
export type JourneyActivities = ReturnType<typeof createJourneyActivities>;

export type { JourneyDeps as JourneyActivityDeps } from './deps.ts';
