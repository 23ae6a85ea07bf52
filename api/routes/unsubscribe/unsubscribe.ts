import { z } from 'zod';
import { readUnsubscribe } from '../../../activities/unsubscribe-token.ts';
import { unsubscribeContact } from '../../accounts/unsubscribe-contact.ts';
import type { Api, Deps } from '../../deps.ts';
import { markup, sendPage } from '../../pages/page.ts';

const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const params = z.object({ token: z.string().max(2048) });

/** One-click unsubscribe by RFC 8058: POST says no, GET only asks, since scanners follow links. */
export async function unsubscribeRoutes(app: Api, { database: { db }, clock, config }: Deps): Promise<void> {
  await app.register(async (plain) => {
    const routes = plain as unknown as Api;
    // Mail providers post a form, a multipart form or nothing at all; its content does not matter.
    routes.removeAllContentTypeParsers();
    routes.addContentTypeParser('*', { parseAs: 'string', bodyLimit: 16_384 }, (_request, _body, done) =>
      done(null, {}),
    );
    const claimOf = (token: string) => {
      const claim = readUnsubscribe(token, config.secret);
      return claim && UUID.test(claim.contact) ? claim : undefined;
    };

    routes.post(
      '/u/:token',
      {
        config: { needs: 'public' },
        schema: { tags: ['unsubscribe'], summary: 'Unsubscribe with one click (RFC 8058)', security: [], params },
      },
      async (request, reply) => {
        const claim = claimOf(request.params.token);
        if (!claim) return invalid(reply);
        await db.transaction((tx) => unsubscribeContact(tx, claim, config.secret, clock()));
        return sendPage(
          reply,
          'Unsubscribed',
          markup`<h1>You are unsubscribed</h1>
            <p>
              We will not write to you again about this. Messages that your contract or the law requires may still reach
              you.
            </p>`,
          { narrow: true },
        );
      },
    );

    routes.get(
      '/u/:token',
      {
        config: { needs: 'public' },
        schema: { tags: ['unsubscribe'], summary: 'A page that asks', security: [], params },
      },
      async (request, reply) => {
        const { token } = request.params;
        if (!claimOf(token)) return invalid(reply);
        return sendPage(
          reply,
          'Unsubscribe',
          markup`<h1>Unsubscribe</h1>
            <p>Do you want no more of these messages?</p>
            <form method="post" action="/u/${token}">
              <input type="hidden" name="List-Unsubscribe" value="One-Click" /><button type="submit">
                Unsubscribe
              </button>
            </form>`,
          { narrow: true },
        );
      },
    );
  });
}

const invalid = (reply: Parameters<typeof sendPage>[0]) =>
  sendPage(
    reply,
    'Unknown link',
    markup`<h1>This link is not valid</h1>
      <p>It may have been cut off by your mail program. Please copy it whole.</p>`,
    { status: 404, narrow: true },
  );
