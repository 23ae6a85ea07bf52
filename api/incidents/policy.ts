import { resolveConfig } from '../../playbooks/publish/resolve-config.ts';
import type { Severity } from '../../workflows/contracts/incidents.ts';
import type { Playbook } from '../../workflows/contracts/playbook.ts';
import { durationMs } from '../../workflows/contracts/time.ts';

/** What the playbook's figures mean to whoever opens and runs an incident; times in ms. */
export type IncidentPolicy = {
  firstNotice: number;
  /** What it counts as until somebody has said. */
  unclassifiedAs: Severity;
  /** How long the public waits for the next word at most, by severity. */
  updateEvery(severity: Severity | null): number;
  /** Whether lesser mail is kept from affected accounts. */
  holds(severity: Severity | null): boolean;
  makesGood(severity: Severity | null): boolean;
  makeGoodPlans: string[];
  makeGoodWithin: number;
  alertSeverity(label: string | undefined): Severity | null;
  alertSeverityLabel: string;
  alertTitle: string;
  words: { investigating: string; resolved: string; reopened: string };
};

/** Reads it from a playbook's config, with the incident's own options over it. */
export function incidentPolicy(playbook: Playbook, options: Record<string, unknown> = {}): IncidentPolicy {
  const config = resolveConfig(playbook, options);
  const text = (name: string) => String(config[name] ?? '');
  const ms = (name: string) => durationMs(text(name));
  const list = (name: string) =>
    text(name)
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean);
  const labels = new Map(list('alertSeverities').map((pair) => pair.split('=') as [string, Severity]));
  const as = (severity: Severity | null) => severity ?? (text('unclassifiedAs') as Severity);
  return {
    unclassifiedAs: text('unclassifiedAs') as Severity,
    firstNotice: ms('firstNotice'),
    updateEvery: (severity) => ms(`updateEvery${as(severity).replace('SEV-', 'Sev')}`),
    holds: (severity) => list('holdSeverities').includes(as(severity)),
    makesGood: (severity) => list('makeGoodSeverities').includes(as(severity)),
    makeGoodPlans: list('makeGoodPlans'),
    makeGoodWithin: ms('makeGoodWithin'),
    alertSeverity: (label) => labels.get(label ?? '') ?? null,
    alertSeverityLabel: text('alertSeverityLabel'),
    alertTitle: text('alertTitle'),
    words: {
      investigating: text('wordsInvestigating'),
      resolved: text('wordsResolved'),
      reopened: text('wordsReopened'),
    },
  };
}

/** SEV-1 and SEV-2 are major. */
export const isMajor = (severity: Severity | null): boolean => severity === 'SEV-1' || severity === 'SEV-2';

/** The worse of two; null where neither says. */
export function worse(a: Severity | null, b: Severity | null): Severity | null {
  if (a === null || b === null) return a ?? b;
  return a < b ? a : b;
}
