import type { ConfigValue, Playbook, StepSpec } from '../../workflows/contracts/playbook.ts';
import { durationMs } from '../../workflows/contracts/time.ts';
import type { Timetable, TimetableStep } from '../../workflows/contracts/timetable.ts';
import { compileDue, resolver, weekday } from './compile-due.ts';
import type { Resolve } from './compile-due.ts';

/** What a run pins of a playbook: `$config` resolved, windows and weekdays in place. Throws a RangeError for an impossible figure. */
export function compileTimetable(playbook: Playbook, version: number, config: Record<string, ConfigValue>): Timetable {
  const resolve = resolver(config);
  const ms = (value: string) => durationMs(resolve.duration(value));
  const { trigger: _trigger, end, extend } = playbook;
  return {
    playbook: playbook.id,
    version,
    kind: playbook.kind,
    stages: playbook.stages.map(({ id, title, enter, end: stageEnd }) => ({
      id,
      title,
      enter,
      ...(stageEnd === undefined ? {} : { end: compileDue(stageEnd, resolve) }),
    })),
    steps: playbook.stages.flatMap((stage) =>
      stage.steps.map((step) => compileStep(step, stage.id, playbook, resolve)),
    ),
    anchors: Object.fromEntries(
      Object.entries(playbook.anchors).map(([name, anchor]) => [
        name,
        { from: anchor.from, offset: resolve.offset(anchor.after) },
      ]),
    ),
    ...(end ? { end: { at: compileDue(end.at, resolve), outcomes: end.outcomes } } : {}),
    ...(extend ? { extend: { anchor: extend.anchor, max: ms(extend.max) } } : {}),
    ...(playbook.moves ? { moves: playbook.moves } : {}),
    minGap: ms(playbook.minGap),
    maxAge: ms(playbook.maxAge),
    calendar: { weekend: playbook.calendar.weekend.map(weekday), holidays: playbook.calendar.holidays },
    listens: listensOf(playbook),
    reactions: playbook.reactions,
    offers: Object.fromEntries(
      playbook.offers.map((offer) => [offer.id, offer.extendsBy ? { extendsBy: ms(offer.extendsBy) } : {}]),
    ),
  };
}

/** The events it waits for, each with the fields that a reaction tests or takes a date from. */
function listensOf(playbook: Playbook): Record<string, string[]> {
  const listens: Record<string, string[]> = {};
  for (const { event, where, move } of playbook.reactions) {
    const fields = [...Object.keys(where ?? {}), ...(move ? [move.field] : [])];
    listens[event] = [...new Set([...(listens[event] ?? []), ...fields])];
  }
  return listens;
}

/** Steps that reach a person outside, and so keep the playbook's send window. */
const reaches = (step: StepSpec) => step.kind === 'message' || step.kind === 'offer';

function compileStep(step: StepSpec, stage: string, playbook: Playbook, resolve: Resolve): TimetableStep {
  const templates = [step.template, ...(step.variants ?? []).map((variant) => variant.template)].filter(
    (id) => id !== undefined,
  );
  const { gate, repeat, open } = step;
  return {
    id: step.id,
    stage,
    kind: step.kind,
    title: step.title,
    due: compileDue(step.due, resolve, reaches(step) ? playbook.window : undefined),
    ...(step.channel ? { channel: step.channel } : {}),
    class: step.class,
    ...(templates.length > 0 ? { templates: [...new Set(templates)] } : {}),
    clock: step.clock,
    late: { within: durationMs(resolve.duration(step.late.within)), otherwise: step.late.otherwise },
    ...(step.if ? { if: step.if } : {}),
    ...(step.unless ? { unless: step.unless } : {}),
    ...(gate ? { gate: { flag: gate.flag, until: compileDue(gate.until, resolve), reason: gate.reason } } : {}),
    ...(step.after ? { after: step.after } : {}),
    ...(step.plans ? { plans: step.plans } : {}),
    ...(repeat ? { repeat: { ...repeat, every: resolve.offset(repeat.every) } } : {}),
    ...(open ? { open: compileOpen(open, resolve) } : {}),
  };
}

function compileOpen(open: NonNullable<StepSpec['open']>, resolve: Resolve): NonNullable<TimetableStep['open']> {
  const provided = open.items?.filter((item) => item.provided).map((item) => item.id) ?? [];
  return {
    ...(open.expires ? { expires: compileDue(open.expires, resolve) } : {}),
    otherwise: open.otherwise,
    clock: open.clock,
    ...(open.items ? { items: open.items.map((item) => item.id) } : {}),
    ...(provided.length > 0 ? { provided } : {}),
    ...(open.escalations
      ? {
          escalations: open.escalations.map(({ after }, index) => ({ after: resolve.offset(after), level: index + 1 })),
        }
      : {}),
  };
}
