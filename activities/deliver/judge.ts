import type { Playbook, StepSpec } from '../../workflows/contracts/playbook.ts';
import type { Scope } from '../../playbooks/cel/scope.ts';

/** What a step's expressions say: whether and in which words it is done. */
export type Judgement =
  | { is: 'go'; variant?: string; template?: string; offer?: string; data: Record<string, unknown> }
  | { is: 'skip'; reason: string; variant?: string }
  | { is: 'met' | 'missed' };

/** Judges condition, variant and data of a step. */
export function judge(_playbook: Playbook, step: StepSpec, _scope: Scope): Judgement {
  return { is: 'go', template: step.template, offer: step.offer, data: {} };
}
