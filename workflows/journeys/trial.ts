import type { Ended, JourneyInput } from '../contracts/journey.ts';
import { trialRules } from '../rules/trial.ts';
import { runJourney } from './run-journey.ts';

/** A trial, from sign-up to conversion or expiry. Its timetable is its playbook's; what is special to trials is in `rules/trial.ts`. */
export async function trialJourney(input: JourneyInput): Promise<Ended> {
  return runJourney(input, trialRules);
}
