import type { Ended, JourneyInput } from '../contracts/journey.ts';
import { churnSaveRules } from '../rules/churn-save.ts';
import { runJourney } from './run-journey.ts';

/** A save, from a bad score or an alert to saved, churned or paused. Its clocks are its playbook’s; what an accepted offer means is in `rules/churn-save.ts`. */
export async function churnSaveJourney(input: JourneyInput): Promise<Ended> {
  return runJourney(input, churnSaveRules);
}
