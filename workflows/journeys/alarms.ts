import * as wf from '@temporalio/workflow';
import type { Instant } from '../contracts/time.ts';

type Alarm = { at: Instant; rung: boolean; scope: wf.CancellationScope };

/**
 * The timers of a run: one for the next date, and the latest one set before, kept while a nearer date comes between. While a touch is on its way
 * the next date is often a far one; were its timer set and cancelled each time, a touch would cost 13 events and 3 actions instead of 11 and 2.
 */
export function createAlarms() {
  let set: Alarm[] = [];

  const keep = (wanted: (alarm: Alarm) => boolean) => {
    for (const alarm of set) if (!wanted(alarm)) alarm.scope.cancel();
    set = set.filter(wanted);
  };

  const start = (at: Instant, ms: number, summary: string): Alarm => {
    const alarm: Alarm = { at, rung: false, scope: new wf.CancellationScope() };
    void alarm.scope
      .run(() => wf.sleep(ms, { summary }))
      .then(() => {
        alarm.rung = true;
        set = set.filter((one) => one !== alarm);
      })
      .catch((error: unknown) => {
        if (!wf.isCancellation(error)) throw error;
      });
    return alarm;
  };

  return {
    /** Waits for that instant, `ms` away, or until `moved`. */
    async until(at: Instant, ms: number, summary: string, moved: () => boolean): Promise<void> {
      const latest = Math.max(...set.map((alarm) => alarm.at));
      keep((alarm) => alarm.at === at || (alarm.at > at && alarm.at === latest));
      const known = set.find((one) => one.at === at);
      const alarm = known ?? start(at, ms, summary);
      if (!known) set.push(alarm);
      await wf.condition(() => alarm.rung || moved());
    },
    /** Waits for no instant at all. */
    async never(moved: () => boolean): Promise<void> {
      keep(() => false);
      await wf.condition(moved);
    },
  };
}
