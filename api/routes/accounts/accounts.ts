import { z } from 'zod';
import { listAccounts } from '../../../db/queries/accounts/list-accounts.ts';
import { readAccount, readContacts } from '../../../db/queries/accounts/read-account.ts';
import type { AccountRow, Contact } from '../../../db/queries/accounts/read-account.ts';
import { AccountBody } from '../../../workflows/contracts/api.ts';
import { OpaqueId } from '../../../workflows/contracts/commands.ts';
import { TenureError } from '../../../workflows/contracts/errors.ts';
import { Outlook, outlookOf } from '../../accounts/account-outlook.ts';
import { forgetAccount } from '../../accounts/forget-account.ts';
import { saveAccount } from '../../accounts/save-account.ts';
import { Page, fromCursor, pageOf, paging } from '../../cursor.ts';
import type { Api, Deps } from '../../deps.ts';
import { launch } from '../../journeys/start-journey.ts';
import type { CatalogReader } from '../../playbooks/catalog.ts';
import { actorOf } from '../../plugins/authority.ts';
import { problemsOf } from '../../responses.ts';

const AccountItem = z.object({
  id: z.string(),
  name: z.string(),
  plan: z.string(),
  timeZone: z.string(),
  industry: z.string().nullable(),
  facts: z.record(z.string(), z.unknown()),
  rev: z.number().int(),
  createdAt: z.string(),
  updatedAt: z.string(),
  closedAt: z.string().nullable(),
});
const Consent = z.object({ given: z.boolean(), source: z.string(), at: z.string() });
const AccountView = AccountItem.extend({
  contacts: z.array(
    z.object({
      id: z.string(),
      role: z.string(),
      name: z.string().nullable(),
      email: z.string().nullable(),
      phone: z.string().nullable(),
      timeZone: z.string().nullable(),
      consent: z.object({ email: Consent.optional(), sms: Consent.optional() }),
    }),
  ),
});
const WholeAccount = AccountView.extend(Outlook.shape).meta({ id: 'Account' });

const params = z.object({ id: OpaqueId });

/** Accounts and their contacts. */
export function accountRoutes(app: Api, deps: Deps, catalogOf: CatalogReader): void {
  const {
    database: { db },
    clock,
    config,
  } = deps;
  const tags = ['accounts'];

  app.put(
    '/v1/accounts/:id',
    {
      config: { needs: 'ingest' },
      schema: {
        tags,
        summary: 'Write an account whole; a contact is known by its role, facts are merged and null takes one away',
        params,
        body: AccountBody,
        response: {
          200: WholeAccount,
          201: WholeAccount,
          ...problemsOf(
            'invalid-request',
            'account-closed',
            'unknown-name',
            'invalid-zone',
            'unknown-plan',
            'invalid-date',
          ),
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { created, started } = await db.transaction(async (tx) =>
        saveAccount(tx, {
          id,
          body: request.body,
          actor: actorOf(request),
          catalog: await catalogOf(tx),
          systemZone: config.systemZone,
          now: clock(),
          clockShift: deps.clockShift?.(),
        }),
      );
      for (const row of started) void launch(deps, row);
      return reply.status(created ? 201 : 200).send(await view(id));
    },
  );

  app.get(
    '/v1/accounts/:id',
    {
      config: { needs: 'read' },
      schema: {
        tags,
        summary: 'Read an account with all its journeys, open holds and next touches',
        params,
        response: { 200: WholeAccount, ...problemsOf('unknown-account', 'gone') },
      },
    },
    async (request) => view(request.params.id),
  );

  app.get(
    '/v1/accounts',
    {
      config: { needs: 'read' },
      schema: {
        tags,
        summary: 'List accounts by id',
        querystring: z.strictObject({ plan: z.string().max(64).optional(), ...paging }),
        response: { 200: Page(AccountItem) },
      },
    },
    async ({ query }) => {
      const after = fromCursor(OpaqueId, query.cursor);
      const rows = await listAccounts(db, { plan: query.plan }, { after, limit: query.limit + 1 });
      return pageOf(rows, query.limit, toItem, (row) => row.id);
    },
  );

  app.delete(
    '/v1/accounts/:id',
    {
      config: { needs: 'ingest' },
      schema: {
        tags,
        summary: 'Erase what is personal of an account; its open journeys end',
        params,
        response: { 204: z.null(), ...problemsOf('unknown-account') },
      },
    },
    async (request, reply) => {
      await db.transaction((tx) => forgetAccount(tx, request.params.id, actorOf(request), clock()));
      return reply.status(204).send(null);
    },
  );

  const view = async (id: string): Promise<z.infer<typeof WholeAccount>> => {
    const row = await readAccount(db, id);
    if (!row) throw new TenureError('unknown-account', `There is no account ${id}.`, { account: id });
    if (row.erasedAt) throw new TenureError('gone', `The account ${id} was erased.`, { account: id });
    const [contacts, outlook] = await Promise.all([readContacts(db, id), outlookOf(db, id, clock(), config)]);
    return { ...toItem(row), contacts: contacts.map(toContact), ...outlook };
  };
}

const toItem = (row: AccountRow): z.infer<typeof AccountItem> => ({
  id: row.id,
  name: row.name,
  plan: row.plan,
  timeZone: row.timeZone,
  industry: row.industry,
  facts: row.facts,
  rev: row.rev,
  createdAt: row.createdAt.toISOString(),
  updatedAt: row.updatedAt.toISOString(),
  closedAt: row.closedAt?.toISOString() ?? null,
});

function toContact({ id, role, name, email, phone, timeZone, consent }: Contact) {
  const said = (channel: string) => {
    const word = consent[channel];
    return word && { given: word.given, source: word.source, at: word.at.toISOString() };
  };
  return { id, role, name, email, phone, timeZone, consent: { email: said('email'), sms: said('sms') } };
}
