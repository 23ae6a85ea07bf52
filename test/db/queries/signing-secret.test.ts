import { afterAll, beforeAll, expect, test } from 'vitest';
import { signingSecret } from '../../../db/queries/keys/signing-secret.ts';
import { apiFixture } from '../../api/api-fixture.ts';
import type { ApiFixture } from '../../api/api-fixture.ts';

let api: ApiFixture;
beforeAll(async () => void (api = await apiFixture()));
afterAll(() => api.close());

test('every process of one database has the same secret, unless one is given', async () => {
  const { db } = api.database;
  const [first, ...others] = await Promise.all([1, 2, 3].map(() => signingSecret(db, undefined)));
  expect(first).toMatch(/^[\w-]{43}$/);
  expect(others).toEqual([first, first]);
  expect(await signingSecret(db, 'given-given-given')).toBe('given-given-given');
});
