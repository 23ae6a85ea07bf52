import type { Ended, JourneyInput } from '../contracts/journey.ts';
import { platformIncidentRules } from '../rules/platform-incident.ts';
import { runJourney } from '../journeys/run-journey.ts';

/** An incident of the platform, from detection over its updates to the post-mortem. Cadence and levels are its playbook’s. */
export async function platformIncidentJourney(input: JourneyInput): Promise<Ended> {
  return runJourney(input, platformIncidentRules);
}
