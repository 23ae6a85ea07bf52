import type { Ended, JourneyInput } from '../contracts/journey.ts';
import { runJourney } from '../journeys/run-journey.ts';

/** An incident of the platform, from detection over its updates to the post-mortem. All of it is its playbook: severity, cadence, levels and who is told. */
export async function platformIncidentJourney(input: JourneyInput): Promise<Ended> {
  return runJourney(input, {});
}
