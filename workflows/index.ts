export { trialJourney } from './journeys/trial.ts';
export { canary } from './routines/canary.ts';
export { bulkCommand } from './routines/bulk-command.ts';
export { housekeeping } from './routines/housekeeping.ts';
