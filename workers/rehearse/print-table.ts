import type { Persona } from './persona.ts';
import type { Rehearsal } from './rehearse.ts';

const COLUMNS = [
  ['day', 4],
  ['local time', 17],
  ['offset', 12],
  ['step', 30],
  ['what', 34],
  ['outcome', 0],
] as const;

/** A rehearsal as a dated table, times in the account's zone. */
export function table(story: Rehearsal, persona: Persona): string {
  const start = Date.parse(persona.start);
  const local = new Intl.DateTimeFormat('sv-SE', {
    timeZone: persona.account.timeZone,
    dateStyle: 'short',
    timeStyle: 'short',
  });
  const rows = story.entries.map((entry) => [
    String(Math.floor((Date.parse(entry.at) - start) / 86_400_000) + 1),
    local.format(new Date(entry.at)),
    entry.offset,
    entry.step,
    [entry.channel ?? entry.kind, entry.template, entry.variant && `(${entry.variant})`].filter(Boolean).join(' '),
    [entry.outcome, entry.reason && `– ${entry.reason}`, entry.offer && `[${entry.offer}]`].filter(Boolean).join(' '),
  ]);
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => cell.padEnd(COLUMNS[i]![1]))
      .join('  ')
      .trimEnd();
  return [
    `${story.playbook} v${story.version} for a persona in ${persona.account.timeZone}, from ${persona.start}`,
    '',
    line(COLUMNS.map(([name]) => name)),
    ...rows.map(line),
    '',
    `outcome: ${story.outcome} · ${story.history.events} history events, ${story.history.actions} billable actions`,
    '',
  ].join('\n');
}
