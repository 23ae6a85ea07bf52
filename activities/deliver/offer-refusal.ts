import { DateTime, Duration } from 'luxon';
import type { Tx } from '../../db/database.ts';
import { offerStanding } from '../../db/queries/offers/offer-standing.ts';
import { holds } from '../../playbooks/cel/evaluate-cel.ts';
import type { Scope } from '../../playbooks/cel/scope.ts';
import type { StepContext } from './context.ts';

/** Why an offer is not made to this account now: it does not qualify, has taken it not long ago, or has another discount. */
export async function offerRefusal(
  tx: Tx,
  c: StepContext,
  offer: string,
  scope: Scope,
): Promise<{ reason: string; details: Record<string, unknown> } | undefined> {
  const spec = c.playbook.offers.find((one) => one.id === offer);
  if (!spec) return undefined;
  if (spec.eligible !== undefined && !holds(c.playbook, spec.eligible, scope))
    return { reason: 'not-eligible', details: { offer } };
  if (spec.once === undefined && !spec.discount) return undefined;
  const standing = await offerStanding(tx, {
    accountId: c.journey.accountId,
    offer,
    takenSince: spec.once === undefined ? null : before(scope.now, spec.once),
    discount: spec.discount ?? false,
    except: { journeyId: c.journey.id, step: c.step.id },
    now: new Date(scope.now),
  });
  if (standing.taken) return { reason: 'offer-already-taken', details: { offer, by: standing.taken } };
  if (standing.discount) return { reason: 'discount-open', details: { offer, other: standing.discount } };
  return undefined;
}

const before = (now: number, duration: string): Date =>
  DateTime.fromMillis(now, { zone: 'utc' }).minus(Duration.fromISO(duration)).toJSDate();
