import type { Playbook, StepSpec } from '../../workflows/contracts/playbook.ts';
import type { TimetableStep } from '../../workflows/contracts/timetable.ts';
import { compileDue } from './compile-due.ts';
import type { Resolve } from './compile-due.ts';

/** Steps that reach the customer, and so keep the playbook's send window; a notice about what is happening now does not wait for it. */
const keepsWindow = new Set<StepSpec['kind']>(['message', 'offer', 'survey']);

/** What a run pins of one step. */
export function compileStep(step: StepSpec, stage: string, playbook: Playbook, resolve: Resolve): TimetableStep {
  const templates = [step.template, ...(step.variants ?? []).map((variant) => variant.template)].filter(
    (id) => id !== undefined,
  );
  const { gate, repeat, open, rearm } = step;
  return {
    id: step.id,
    stage,
    kind: step.kind,
    title: step.title,
    due: compileDue(step.due, resolve, keepsWindow.has(step.kind) ? playbook.window : undefined),
    ...(step.channel ? { channel: step.channel } : {}),
    class: step.class,
    ...(templates.length > 0 ? { templates: [...new Set(templates)] } : {}),
    clock: step.clock,
    late: { within: resolve.ms(step.late.within), otherwise: step.late.otherwise },
    ...(step.if ? { if: step.if } : {}),
    ...(step.unless ? { unless: step.unless } : {}),
    ...(gate ? { gate: { flag: gate.flag, until: compileDue(gate.until, resolve), reason: gate.reason } } : {}),
    ...(step.after ? { after: step.after } : {}),
    ...(step.whileOpen ? { whileOpen: true } : {}),
    ...(step.needs ? { needs: step.needs } : {}),
    ...(rearm === undefined ? {} : { rearm: resolve.ms(rearm) }),
    ...(step.notice ? { notice: compileNotice(step.notice, resolve) } : {}),
    // A broadcast's plans are those of the accounts that it tells, not of the one that it runs for.
    ...(step.plans && step.kind !== 'broadcast' ? { plans: step.plans } : {}),
    ...(repeat ? { repeat: { ...repeat, every: resolve.offset(repeat.every) } } : {}),
    ...(open ? { open: compileOpen(open, resolve) } : {}),
  };
}

function compileNotice(
  { opens, closes, alarm }: NonNullable<StepSpec['notice']>,
  resolve: Resolve,
): NonNullable<TimetableStep['notice']> {
  return { opens: compileDue(opens, resolve), closes: compileDue(closes, resolve), alarm: resolve.ms(alarm) };
}

function compileOpen(open: NonNullable<StepSpec['open']>, resolve: Resolve): NonNullable<TimetableStep['open']> {
  const provided = open.items?.filter((item) => item.provided).map((item) => item.id) ?? [];
  const sets = (open.items ?? []).flatMap((item) => (item.sets === undefined ? [] : [[item.id, item.sets] as const]));
  return {
    ...(open.expires ? { expires: compileDue(open.expires, resolve) } : {}),
    otherwise: open.otherwise,
    clock: open.clock,
    ...(open.items ? { items: open.items.map((item) => item.id) } : {}),
    ...(provided.length > 0 ? { provided } : {}),
    ...(sets.length > 0 ? { sets: Object.fromEntries(sets) } : {}),
    ...(open.escalations
      ? {
          escalations: open.escalations.map(({ after, unless }, index) => ({
            after: resolve.offset(after),
            level: index + 1,
            ...(unless ? { unless } : {}),
          })),
        }
      : {}),
  };
}
