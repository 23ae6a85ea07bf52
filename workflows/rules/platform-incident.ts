import type { Rules } from './rules.ts';

/** An incident of the platform ends when its post-mortem is done, however that was told: by the command that records it, or as the task that it is. */
export const platformIncidentRules: Rules = {
  onFact(_timetable, _state, { step, what }) {
    const reviewed = what === 'completed' && /^post-mortem-sev\d$/.test(step);
    return reviewed ? [{ t: 'end', outcome: 'reviewed', how: 'goal' }] : [];
  },
};
