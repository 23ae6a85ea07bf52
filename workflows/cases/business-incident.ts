import type { Ended, JourneyInput } from '../contracts/journey.ts';
import { runJourney } from '../journeys/run-journey.ts';

/** An incident of the business, from its report to the review. All of it is its playbook: the steps of each class, and whose they are. */
export async function businessIncidentJourney(input: JourneyInput): Promise<Ended> {
  return runJourney(input, {});
}
