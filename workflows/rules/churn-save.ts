import type { Rules } from './rules.ts';

/** A save: an offer that is accepted sets the flag `offerAccepted`, which its playbook may wait for, count from or end by. */
export const churnSaveRules: Rules = {
  onFact(_timetable, _state, { what, offer }) {
    return what === 'accepted' && offer !== undefined ? [{ t: 'set-flag', flag: 'offerAccepted' }] : [];
  },
};
