/** Roles that mean the person who looks after the account; every other role is a pool. */
export const OWNER_ROLES = ['owner', 'csm'];
