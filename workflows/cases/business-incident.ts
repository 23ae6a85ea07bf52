import type { Ended, JourneyInput } from '../contracts/journey.ts';
import { runJourney } from '../journeys/run-journey.ts';

/** An incident of the business, from its report to the review. Roles and steps of each class are its playbook’s. */
export async function businessIncidentJourney(input: JourneyInput): Promise<Ended> {
  return runJourney(input, {});
}
