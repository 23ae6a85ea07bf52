import type { Ended, JourneyInput } from '../contracts/journey.ts';
import { runJourney } from './run-journey.ts';

/** An onboarding, from the first day as a customer to first value and the last milestone. All of it is its playbook: phases, tracks, meetings, milestones. */
export async function onboardingJourney(input: JourneyInput): Promise<Ended> {
  return runJourney(input, {});
}
