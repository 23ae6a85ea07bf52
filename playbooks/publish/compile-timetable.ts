import type { ConfigValue, Playbook } from '../../workflows/contracts/playbook.ts';
import type { Reaction, Timetable } from '../../workflows/contracts/timetable.ts';
import { compileDue, resolver, weekday } from './compile-due.ts';
import type { Resolve } from './compile-due.ts';
import { compileStep } from './compile-step.ts';

/** Tells a run that a fact of its account has changed, where an anchor of it is bound to that fact. */
export const FACT_CHANGED = 'account.fact_changed';

/** What a run pins of a playbook: `$config` resolved, windows and weekdays in place. Throws a RangeError for an impossible figure. */
export function compileTimetable(playbook: Playbook, version: number, config: Record<string, ConfigValue>): Timetable {
  const resolve = resolver(config);
  const { ms } = resolve;
  const { end, extend } = playbook;
  const reactions = reactionsOf(playbook);
  const watches = (playbook.watches ?? []).map((watch) => compileWatch(watch, resolve));
  return {
    playbook: playbook.id,
    version,
    kind: playbook.kind,
    stages: playbook.stages.map(({ id, title, enter, until, end: stageEnd }) => ({
      id,
      title,
      enter,
      ...(until === undefined ? {} : { until }),
      ...(stageEnd === undefined ? {} : { end: compileDue(stageEnd, resolve) }),
    })),
    steps: playbook.stages.flatMap((stage) =>
      stage.steps.map((step) => compileStep(step, stage.id, playbook, resolve)),
    ),
    anchors: Object.fromEntries(
      Object.entries(playbook.anchors).map(([name, anchor]) => [
        name,
        'fact' in anchor ? { given: true } : { from: anchor.from, offset: resolve.offset(anchor.after) },
      ]),
    ),
    ...(end ? { end: { at: compileDue(end.at, resolve), outcomes: end.outcomes } } : {}),
    ...(playbook.endClock === 'freeze' ? { endClock: playbook.endClock } : {}),
    ...(extend ? { extend: { anchor: extend.anchor, max: ms(extend.max) } } : {}),
    ...(playbook.moves ? { moves: playbook.moves } : {}),
    minGap: ms(playbook.minGap),
    maxAge: ms(playbook.maxAge),
    calendar: { weekend: playbook.calendar.weekend.map(weekday), holidays: playbook.calendar.holidays },
    listens: listensOf(reactions),
    reactions,
    ...(watches.length > 0 ? { watches } : {}),
    offers: Object.fromEntries(
      playbook.offers.map((offer) => [offer.id, offer.extendsBy ? { extendsBy: ms(offer.extendsBy) } : {}]),
    ),
  };
}

/** What it says itself, and for every anchor that is bound to a fact: when the fact changes, the date moves. */
function reactionsOf(playbook: Playbook): Reaction[] {
  const own = playbook.reactions.map(({ again, ...rest }): Reaction => ({ ...rest, ...(again ? { again } : {}) }));
  const bound = Object.entries(playbook.anchors).flatMap(([anchor, spec]): Reaction[] =>
    'fact' in spec ? [{ event: FACT_CHANGED, where: { fact: spec.fact }, move: { anchor, field: 'value' } }] : [],
  );
  return [...own, ...bound];
}

/** The events it waits for, each with the fields that a reaction tests or takes a date from. */
function listensOf(reactions: Reaction[]): Record<string, string[]> {
  const listens: Record<string, string[]> = {};
  for (const { event, where, move } of reactions) {
    // The run knows by itself what became of its steps.
    if (event.startsWith('step:')) continue;
    const fields = [...Object.keys(where ?? {}), ...(move ? [move.field] : [])];
    listens[event] = [...new Set([...(listens[event] ?? []), ...fields])];
  }
  return listens;
}

type Watch = NonNullable<Playbook['watches']>[number];

function compileWatch(watch: Watch, resolve: Resolve): NonNullable<Timetable['watches']>[number] {
  const { id, metric, over, rises, falls, again } = watch;
  return {
    ...{ id, metric },
    ...(over === undefined ? {} : { overDays: resolve.days(over) }),
    ...(rises === undefined ? {} : { rises: resolve.number(rises) }),
    ...(falls === undefined ? {} : { falls: resolve.number(falls) }),
    ...(again ? { again } : {}),
  };
}
