import type { Ended, JourneyInput } from '../contracts/journey.ts';
import { runJourney } from './run-journey.ts';

/** A save, from a bad score or an alert to saved, churned or paused. All of it is its playbook: clocks, offers and what an answer to them means. */
export async function churnSaveJourney(input: JourneyInput): Promise<Ended> {
  return runJourney(input, {});
}
