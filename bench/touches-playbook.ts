import { stringify } from 'yaml';

/** Between touches where throughput is measured: as good as none. */
export const THROUGHPUT_GAP = 'PT0.02S';
/** Between touches where cost is counted: long enough that every touch has a timer of its own. */
export const COST_GAP = 'PT2S';

/** A playbook of so many in-app messages, each so long after the one before, as YAML; for measuring only. */
export function touchesPlaybook(touches: number, gap: string): string {
  const step = (i: number) => ({
    ...{
      id: `touch-${i}`,
      kind: 'message',
      title: `Touch ${i}`,
      channel: 'in-app',
      class: 'service',
      template: 'trial_team_setup',
    },
    ...(i === 1 ? { due: gap } : { due: { from: `step:touch-${i - 1}`, after: gap }, after: ['sent'] }),
  });
  return stringify({
    id: touchesPlaybookId(touches, gap),
    kind: 'trial',
    title: `${touches} touches, one after another`,
    summary: 'For measuring only.',
    fulfils: ['002.trial'],
    reads: {},
    reentry: 'always',
    stages: [
      { id: 'all', title: 'Touches', enter: 'journey', steps: Array.from({ length: touches }, (_, i) => step(i + 1)) },
    ],
  });
}

/** The id under which {@link touchesPlaybook} is published. */
export const touchesPlaybookId = (touches: number, gap: string): string =>
  `900.bench-touches-${touches}-${gap.toLowerCase()}`;
