// Postgres keeps neither a null character nor half of a surrogate pair.
const UNSTORABLE = /\0|\p{Surrogate}/u;

/** Paths of every text, or name of a field, in a value that the database could not keep as it is. */
export function unstorable(value: unknown, path: readonly PropertyKey[] = []): PropertyKey[][] {
  if (typeof value === 'string') return UNSTORABLE.test(value) ? [[...path]] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, part]) =>
    UNSTORABLE.test(name) ? [[...path]] : unstorable(part, [...path, name]),
  );
}
