import { z } from 'zod';
import { InvalidRequest } from './problem.ts';
import { When } from '../workflows/contracts/time-schema.ts';
import { unstorable } from './unstorable.ts';

/** Query parameters of every list. */
export const paging = {
  cursor: z.string().max(500).optional().describe('nextCursor of the page before'),
  limit: z.coerce.number().int().min(1).max(200).default(50),
};

/** When the last item of a page was, in its mark. */
export const markAt = When;

/** An opaque mark of where a list goes on. */
export const toCursor = (mark: unknown): string => Buffer.from(JSON.stringify(mark)).toString('base64url');

/** The mark in a cursor; anything that is not one of ours is refused. */
export function fromCursor<S extends z.ZodType>(schema: S, cursor: string | undefined): z.infer<S> | undefined {
  if (cursor === undefined) return undefined;
  try {
    const mark: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (unstorable(mark).length === 0) return schema.parse(mark);
  } catch {
    // Told below.
  }
  throw new InvalidRequest([{ pointer: '/query/cursor', detail: 'not a cursor of this list' }]);
}

/** A page of rows read with `limit + 1`: its items, and the cursor of the next one when there is one. */
export function pageOf<R, I>(
  rows: R[],
  limit: number,
  item: (row: R) => I,
  mark: (row: R) => unknown,
): { items: I[]; nextCursor: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(item),
    nextCursor: rows.length > limit && last !== undefined ? toCursor(mark(last)) : null,
  };
}

/** Schema of a page. */
export const Page = <S extends z.ZodType>(item: S) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() });
