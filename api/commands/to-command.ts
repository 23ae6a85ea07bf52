import type { Command, CommandBody } from '../../workflows/contracts/commands.ts';
import { TenureError } from '../../workflows/contracts/errors.ts';
import type { Program } from '../../workflows/contracts/journey.ts';
import { durationMs } from '../../workflows/contracts/time.ts';
import type { ZoneRules } from '../../workflows/contracts/time.ts';
import { localMidnight } from '../../workflows/kernel/calendar.ts';
import { planOf } from '../../playbooks/plans.ts';

/** A command as the run gets it: dates as instants, no free text. A date without a time is its first moment in the journey's zone. */
export function toCommand(body: CommandBody, id: string, zone: ZoneRules, migration?: Program): Command {
  const base = { id, ...(body.ifRev === undefined ? {} : { ifRev: body.ifRev }) };
  switch (body.command) {
    case 'pause':
      return {
        ...base,
        name: 'pause',
        until: body.until === undefined ? null : instant(body.until, zone, '/until'),
        clock: body.clock ?? null,
      };
    case 'resume':
    case 'note':
    case 'exit':
      return { ...base, name: body.command };
    case 'skip':
    case 'run-now':
    case 'approve':
    case 'edit':
    case 'reject':
      return { ...base, name: body.command, step: body.step };
    case 'postpone':
      return { ...base, name: 'postpone', step: body.step, to: instant(body.to, zone, '/to') };
    case 'extend':
      return {
        ...base,
        name: 'extend',
        by: length(body.duration),
        ...(body.stage === undefined ? {} : { stage: body.stage }),
      };
    case 'move-date':
      return {
        ...base,
        name: 'move-date',
        date: instant(body.date, zone, '/date'),
        ...(body.anchor === undefined ? {} : { anchor: body.anchor }),
      };
    case 'change-plan':
      planOf(body.plan);
      return { ...base, name: 'change-plan', plan: body.plan };
    case 'set-owner':
      return { ...base, name: 'set-owner', owner: body.owner };
    case 'migrate':
      if (!migration) throw new Error('a migration must be prepared first');
      return { ...base, name: 'migrate', ...migration };
  }
}

function instant(text: string, zone: ZoneRules, pointer: string): number {
  const at = /^\d{4}-\d\d-\d\d$/.test(text) ? localMidnight(zone, text) : Date.parse(text);
  if (Number.isNaN(at))
    throw new TenureError('invalid-date', 'The date is impossible.', { errors: [{ pointer, detail: 'impossible' }] });
  return at;
}

function length(duration: string): number {
  try {
    return durationMs(duration);
  } catch (error) {
    throw new TenureError('invalid-date', error instanceof Error ? error.message : 'The duration is impossible.', {
      errors: [{ pointer: '/duration', detail: 'impossible' }],
    });
  }
}
