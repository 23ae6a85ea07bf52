import type { Tx } from '../../db/database.ts';
import type { AccountRow } from '../../db/queries/accounts/read-account.ts';
import { tellJourneys } from '../../db/queries/deliveries/tell-journeys.ts';
import type { Telling } from '../../db/queries/deliveries/tell-journeys.ts';
import { openListeners } from '../../db/queries/events/open-listeners.ts';
import type { Listener } from '../../db/queries/events/open-listeners.ts';
import type { JourneyRow } from '../../db/schema/journeys.ts';
import type { EventBody } from '../../workflows/contracts/api.ts';
import type { Happening } from '../../workflows/contracts/journey.ts';
import { PLAN_CHANGED } from './account-events.ts';
import { fireTriggers } from './fire-triggers.ts';
import type { Firing } from './fire-triggers.ts';

export type Following = Omit<Firing, 'event' | 'at' | 'account' | 'tell'> & {
  /** Stored now, in the order in which they are told. */
  events: EventBody[];
  /** As they are after the events. */
  accounts: ReadonlyMap<string, AccountRow>;
};

/** What follows from stored events, in their transaction: open journeys are told in order, others go over or begin. Answers those that began. */
export async function followEvents(tx: Tx, { events, accounts, ...given }: Following): Promise<JourneyRow[]> {
  if (events.length === 0) return [];
  const { now } = given;
  const listeners = await openListeners(tx, [...new Set(events.map((event) => event.account))]);
  const tellings: Telling[] = [];
  const started: JourneyRow[] = [];
  for (const event of events) {
    const at = timeOf(event, now);
    for (const listener of listeners)
      if (listener.accountId === event.account) tellings.push(...told(listener, event, at));
    const from = tellings.length;
    const tell = (telling: Telling) => void tellings.push(telling);
    const rows = await fireTriggers(tx, { ...given, event, at, account: accounts.get(event.account)!, tell });
    started.push(...rows);
    const begun = rows.map((row) => ({ journeyId: row.id, accountId: row.accountId, listens: row.timetable.listens }));
    listeners.push(...begun);
    for (const telling of tellings.slice(from)) widen(listeners, telling);
    // What begins or goes over by an event hears it too, by what it listens to from then on.
    for (const listener of [...begun, ...goneOver(listeners, tellings.slice(from))]) {
      const early = tellings.findIndex((one) => one.journeyId === listener.journeyId && one.happening.id === event.id);
      if (early >= 0) tellings.splice(early, 1);
      tellings.push(...told(listener, event, at));
    }
  }
  await tellJourneys(tx, tellings, new Date(now));
  return started;
}

/** When an event happened. */
export const timeOf = (event: EventBody, now: number): number => (event.at === undefined ? now : Date.parse(event.at));

/** Every run keeps its account's plan; of other events only those fields go in that its timetable names. */
function told(listener: Listener, event: EventBody, at: number): Telling[] {
  const listened = Object.hasOwn(listener.listens, event.type) ? listener.listens[event.type] : undefined;
  const named = event.type === PLAN_CHANGED ? [...new Set([...(listened ?? []), 'plan'])] : listened;
  if (!named) return [];
  const fields: Extract<Happening, { t: 'event' }>['fields'] = {};
  for (const name of named) {
    const value = event.data?.[name];
    if (value !== undefined && !Array.isArray(value)) fields[name] = value;
  }
  const happening: Happening = { t: 'event', id: event.id, type: event.type, at, fields };
  return [{ accountId: listener.accountId, journeyId: listener.journeyId, happening }];
}

const goneOver = (listeners: Listener[], tellings: Telling[]): Listener[] =>
  listeners.filter(({ journeyId }) =>
    tellings.some((telling) => telling.journeyId === journeyId && telling.happening.t === 'migrated'),
  );

/** A journey that has been told to go over listens to what the new timetable asks for, from here on. */
function widen(listeners: Listener[], { journeyId, happening }: Telling): void {
  const listener = listeners.find((one) => one.journeyId === journeyId);
  if (!listener || happening.t !== 'migrated') return;
  const listens = { ...listener.listens };
  for (const [type, fields] of Object.entries(happening.timetable.listens))
    listens[type] = [...new Set([...(listens[type] ?? []), ...fields])];
  listener.listens = listens;
}
