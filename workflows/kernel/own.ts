/** The record's own value under a name that may come from outside (`constructor` is nobody's step). */
export const own = <T>(record: Record<string, T>, key: string): T | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined;
