import { timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { listMessages, readMessage } from '../../../db/queries/messages/list-messages.ts';
import type { MessageRow } from '../../../db/schema/messages.ts';
import { TenureError } from '../../../workflows/contracts/errors.ts';
import { fromCursor, markAt, toCursor } from '../../cursor.ts';
import type { Api, Deps } from '../../deps.ts';
import { mailboxToken } from '../../mailbox-url.ts';
import { markup, sendPage } from '../../pages/page.ts';

const PAGE = 50;
const Mark = z.object({ at: markAt, id: z.uuid() });
const token = z.string().max(64);

/** The mailbox: what would have been sent, and what was, in a browser. Who knows its address may read. */
export function mailboxRoutes(app: Api, { database: { db }, config }: Deps): void {
  const right = Buffer.from(mailboxToken(config.secret));
  const check = (given: string) => {
    const bytes = Buffer.from(given);
    if (bytes.length !== right.length || !timingSafeEqual(bytes, right))
      throw new TenureError('not-found', 'There is no such route; see /docs.');
  };
  const find = async (id: string): Promise<MessageRow> => {
    const row = await readMessage(db, id);
    if (!row) throw new TenureError('unknown-item', 'There is no such message.');
    return row;
  };
  const options = { config: { needs: 'public' as const } };

  app.get(
    '/mailbox/:token',
    {
      ...options,
      schema: {
        hide: true,
        params: z.object({ token }),
        querystring: z.object({ cursor: z.string().max(500).optional() }),
      },
    },
    async ({ params, query }, reply) => {
      check(params.token);
      const rows = await listMessages(db, {}, { after: fromCursor(Mark, query.cursor), limit: PAGE + 1 });
      const base = `/mailbox/${params.token}`;
      const last = rows[PAGE - 1];
      const lines = rows.slice(0, PAGE).map(
        (row) =>
          markup`<tr>
            <td>${when(row)}</td>
            <td><span class="tag">${row.channel}</span></td>
            <td>${row.to}</td>
            <td><a href="${base}/${row.id}">${row.subject ?? (row.text.slice(0, 80) || '(erased)')}</a></td>
            <td><span class="tag ${row.state}">${row.state}</span></td>
          </tr>`,
      );
      const next =
        rows.length > PAGE && last
          ? markup`<nav>
              <a href="${base}?cursor=${toCursor({ at: last.intendedAt.toISOString(), id: last.id })}">Older</a>
            </nav>`
          : undefined;
      const none = lines.length === 0 ? markup`<p class="muted">Nothing has been sent yet.</p>` : undefined;
      return sendPage(
        reply,
        'Mailbox',
        markup`<h1>Mailbox</h1>
          <p class="muted">What Tenure has sent, newest first. <a href="${base}">Refresh</a></p>
          ${none}
          <div class="scroll"><table>
            <thead>
              <tr>
                <th>Sent (UTC)</th>
                <th>Channel</th>
                <th>To</th>
                <th>Subject</th>
                <th>State</th>
              </tr>
            </thead>
            <tbody>
              ${lines}
            </tbody>
          </table></div>
          ${next}`,
      );
    },
  );

  const params = z.object({ token, id: z.uuid() });
  app.get('/mailbox/:token/:id', { ...options, schema: { hide: true, params } }, async ({ params: given }, reply) => {
    check(given.token);
    const row = await find(given.id);
    const base = `/mailbox/${given.token}`;
    const frame =
      row.html === null
        ? undefined
        : markup`<h2>Mail</h2>
            <iframe
              title="Mail"
              sandbox="allow-popups allow-popups-to-escape-sandbox"
              src="${base}/${row.id}/html"
            ></iframe>`;
    return sendPage(
      reply,
      row.subject ?? 'Message',
      markup`<nav><a href="${base}">Mailbox</a></nav>
        <h1>${row.subject ?? row.channel}</h1>
        <p class="muted">
          <span class="tag">${row.channel}</span> <span class="tag ${row.state}">${row.state}</span>
          to ${row.to ?? 'nobody any more'} · ${when(row)} UTC · template ${row.template}
        </p>
        ${frame}
        <h2>Text</h2>
        <pre>${row.text}</pre>`,
    );
  });

  app.get(
    '/mailbox/:token/:id/html',
    { ...options, schema: { hide: true, params } },
    async ({ params: given }, reply) => {
      check(given.token);
      const row = await find(given.id);
      return reply
        .header(
          'content-security-policy',
          "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'",
        )
        .header('cache-control', 'no-store')
        .header('referrer-policy', 'no-referrer')
        .type('text/html; charset=utf-8')
        .send(`<base target="_blank">${row.html ?? ''}`);
    },
  );
}

const when = (row: MessageRow) => (row.sentAt ?? row.intendedAt).toISOString().replace('T', ' ').slice(0, 19);
