import type { ConfigValue, OfferSpec, Playbook, StepSpec } from '../../workflows/contracts/playbook.ts';
import type { Instant } from '../../workflows/contracts/time.ts';
import { compileCel } from '../cel/compile-cel.ts';
import { appUrlOf } from '../cel/context.ts';
import { evaluateCel, holds } from '../cel/evaluate-cel.ts';
import type { CelValue } from '../cel/evaluate-cel.ts';
import type { OfferTerms, Scope } from '../cel/scope.ts';
import { compileDue, resolver } from '../publish/compile-due.ts';
import { plans } from '../plans.ts';

/** What a step's expressions say: whether it is done, and in which words. */
export type Judgement =
  | { is: 'go'; variant?: string; template?: string; offer?: string; data: Record<string, CelValue> }
  | { is: 'skip'; reason: string; variant?: string }
  | { is: 'met' | 'missed' };

/** Judges condition, variant, check and template variables of a step. Pure; throws CelError for data that is missing or of another type. */
export function judgeStep(playbook: Playbook, step: StepSpec, given: Scope): Judgement {
  const scope: Scope = { ...given, step: step.id };
  if (step.condition !== undefined && !holds(playbook, step.condition, scope))
    return { is: 'skip', reason: step.conditionReason };
  if (step.kind === 'check')
    return { is: step.met !== undefined && holds(playbook, step.met, scope) ? 'met' : 'missed' };
  const variant = step.variants?.find(({ when }) => when === undefined || holds(playbook, when, scope));
  if (step.variants && !variant) return { is: 'skip', reason: 'no-variant' };
  if (variant?.silent !== undefined) return { is: 'skip', reason: variant.silent, variant: variant.id };
  const offer = variant?.offer ?? step.offer;
  const template = variant?.template ?? step.template;
  const withOffer: Scope = { ...scope, offer: offer === undefined ? null : offerTerms(playbook, offer, step, scope) };
  return {
    is: 'go',
    ...(variant ? { variant: variant.id } : {}),
    ...(template === undefined ? {} : { template }),
    ...(offer === undefined ? {} : { offer }),
    data: dataOf(playbook, { ...step.data, ...variant?.data }, withOffer),
  };
}

/** The terms of an offer as this step makes it, with the journey's figures. */
export function offerTerms(
  playbook: Playbook,
  id: string,
  step: StepSpec,
  scope: Pick<Scope, 'config' | 'journey'>,
): OfferTerms {
  const offer = playbook.offers.find((one) => one.id === id);
  if (!offer) throw new RangeError(`playbook ${playbook.id} has no offer ${id}`);
  return { id, title: offer.title, terms: termsOf(offer, scope.config), expiresAt: expiryOf(step, scope) };
}

/** `$config` of an offer's terms resolved. */
export function termsOf(offer: OfferSpec, config: Record<string, ConfigValue>): Record<string, ConfigValue> {
  const resolve = (value: ConfigValue) =>
    typeof value === 'string' && value.startsWith('$') ? (config[value.slice(1)] ?? value) : value;
  return Object.fromEntries(Object.entries(offer.terms).map(([name, value]) => [name, resolve(value)]));
}

/** The variables that every template may use and that come from the scope; the caller adds owner and unsubscribe link. */
export function commonData(scope: Scope): { first_name?: string; company: string; tier?: string; app_link: string } {
  return {
    ...(scope.contact?.firstName ? { first_name: scope.contact.firstName } : {}),
    company: scope.account.name,
    ...(plans[scope.account.plan] ? { tier: plans[scope.account.plan]!.title } : {}),
    app_link: appUrlOf(scope.facts),
  };
}

/** An expiry at an anchor plus hours and days; null where local time or another step decides, or nothing expires. */
function expiryOf(step: StepSpec, { config, journey }: Pick<Scope, 'config' | 'journey'>): Instant | null {
  if (!step.open?.expires) return null;
  const { from, offset, at, atLeast, window, businessDays } = compileDue(step.open.expires, resolver(config));
  const anchor = from === 'start' ? journey.startedAt : journey.anchors[from];
  const plain = [at, atLeast, window, businessDays].every((one) => one === undefined) && offset.months === 0;
  return anchor === undefined || !plain ? null : anchor + offset.days * 86_400_000 + offset.ms;
}

/** Empty text and empty lists are left out, so that a template's own words for them apply. */
function dataOf(playbook: Playbook, data: Record<string, string>, scope: Scope): Record<string, CelValue> {
  const values = Object.entries(data).map(
    ([name, cel]) => [name, evaluateCel(playbook, compileCel(playbook, cel), scope)] as const,
  );
  const empty = (value: CelValue) => value === '' || value === null || (Array.isArray(value) && value.length === 0);
  return Object.fromEntries(values.filter(([, value]) => !empty(value)));
}
