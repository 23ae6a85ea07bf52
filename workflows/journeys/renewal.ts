import type { Ended, JourneyInput } from '../contracts/journey.ts';
import { runJourney } from './run-journey.ts';

/** The renewals of a subscription, term after term, round a date that may move at any time. All of it is its playbook; how a legal notice keeps its span is in `kernel/due.ts`. */
export async function renewalJourney(input: JourneyInput): Promise<Ended> {
  return runJourney(input, {});
}
