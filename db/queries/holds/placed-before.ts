import { TenureError } from '../../../workflows/contracts/errors.ts';
import { DAY_MS } from '../../../workflows/contracts/time.ts';

/** What an earlier attempt of the same request placed. Throws `id-reused` when it is older than any attempt: another request had its key. */
export function placedBefore<T extends { at: Date }>([row]: T[], now: Date): T {
  if (row && now.getTime() - row.at.getTime() < DAY_MS) return row;
  throw new TenureError('id-reused', 'This Idempotency-Key was used for another one, more than a day ago.');
}
