import { TenureError } from '../../workflows/contracts/errors.ts';
import { PLATFORM_ACCOUNT } from '../../workflows/contracts/incidents.ts';

/** Refuses the system's own account: to the outside there is none of that id. */
export function mustBeOfCustomers(id: string): void {
  if (id === PLATFORM_ACCOUNT)
    throw new TenureError('unknown-account', `There is no account ${id}; the id is the system's own.`, { account: id });
}
