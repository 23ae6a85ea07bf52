import { stringify } from 'yaml';

/** A playbook of so many in-app messages, each 20 ms after the one before, as YAML; for measuring only. */
export function touchesPlaybook(touches: number): string {
  const step = (i: number) => ({
    ...{ id: `touch-${i}`, kind: 'message', title: `Touch ${i}`, channel: 'in-app', class: 'service', template: 'trial_team_setup' },
    ...(i === 1 ? { due: 'PT0.02S' } : { due: { from: `step:touch-${i - 1}`, after: 'PT0.02S' }, after: ['sent'] }),
  });
  return stringify({
    id: touchesPlaybookId(touches),
    kind: 'trial',
    title: `${touches} touches, one after another`,
    summary: 'For measuring only.',
    fulfils: ['002.trial'],
    reads: {},
    reentry: 'always',
    stages: [{ id: 'all', title: 'Touches', enter: 'journey', steps: Array.from({ length: touches }, (_, i) => step(i + 1)) }],
  });
}

/** The id under which {@link touchesPlaybook} is published. */
export const touchesPlaybookId = (touches: number): string => `900.bench-touches-${touches}`;
