import { defineSearchAttributeKey } from '@temporalio/common';
import type { Client } from '@temporalio/client';

/** The search attributes of every journey; engineers find runs by them, lists and counts are Postgres's. */
export const searchAttributes = {
  account: defineSearchAttributeKey('TenureAccount', 'KEYWORD'),
  journey: defineSearchAttributeKey('TenureJourney', 'KEYWORD'),
  playbook: defineSearchAttributeKey('TenurePlaybook', 'KEYWORD'),
  state: defineSearchAttributeKey('TenureState', 'KEYWORD'),
};

/** The registered names of the search attributes. */
export const searchAttributeNames: readonly string[] = Object.values(searchAttributes).map((key) => key.name);

const keyword = 2;

/** Registers what is missing and reads it back: a run that upserts an unregistered attribute is wedged for good. */
export async function ensureSearchAttributes(connection: Client['connection'], namespace: string): Promise<void> {
  const operator = connection.operatorService;
  const registered = async () => (await operator.listSearchAttributes({ namespace })).customAttributes;
  const before = await registered();
  const missing = searchAttributeNames.filter((name) => !(name in before));
  if (missing.length > 0) {
    const wanted = Object.fromEntries(missing.map((name) => [name, keyword]));
    await operator.addSearchAttributes({ namespace, searchAttributes: wanted });
  }
  const after = missing.length > 0 ? await registered() : before;
  const wrong = searchAttributeNames.filter((name) => Number(after[name]) !== keyword);
  if (wrong.length > 0)
    throw new Error(
      `search attributes ${wrong.join(', ')} are not registered as Keyword in namespace ${namespace}; on Temporal Cloud register them with tcld`,
    );
}
