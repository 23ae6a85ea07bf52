import type { Rules } from './rules.ts';
import { trialRules } from './trial.ts';

const rules: Record<string, Rules> = { trial: trialRules };

/** The rules of a kind of journey; a kind without any of its own has none. */
export const rulesOf = (kind: string): Rules => (Object.hasOwn(rules, kind) ? rules[kind]! : {});
