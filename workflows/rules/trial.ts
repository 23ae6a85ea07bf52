import { own } from '../kernel/own.ts';
import type { Rules } from './rules.ts';

/** A trial: an accepted offer may extend it, once an offer, or turn it into a paying account. */
export const trialRules: Rules = {
  onFact(timetable, state, { step, what, offer }) {
    const terms = offer === undefined ? undefined : own(timetable.offers, offer);
    if (what !== 'accepted' || !terms) return [];
    if (terms.converts) return [{ t: 'end', outcome: 'converted', how: 'goal' }];
    const taken = Object.entries(state.steps).some(
      ([id, x]) => id !== step && x.offer === offer && x.outcome === 'accepted',
    );
    if (taken || !terms.extendsBy || !timetable.extend) return [];
    return [{ t: 'move-anchor', anchor: timetable.extend.anchor, by: terms.extendsBy }];
  },
};
