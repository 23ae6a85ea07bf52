import { z } from 'zod';
import { recordAudit } from '../../../db/queries/audit/record-audit.ts';
import type { Api, Deps } from '../../deps.ts';
import { ProofOfNotice, proofOfNotice } from '../../journeys/proof-of-notice.ts';
import { sendPage } from '../../pages/page.ts';
import { proofPage } from '../../pages/proof-page.ts';
import { actorOf } from '../../plugins/authority.ts';
import { problemsOf } from '../../responses.ts';
import { journeyParams, mustRead } from './journeys.ts';

const flag = z.enum(['', 'true', 'false']).optional();

/** What can be laid before a court: who was told what, when, and how it is known. Reading it is on record. */
export function proofRoutes(app: Api, { database: { db }, clock }: Deps): void {
  app.get(
    '/v1/journeys/:id/proof-of-notice',
    {
      config: { needs: 'audit' },
      schema: {
        tags: ['journeys'],
        summary:
          'What was sent for the law’s sake, when, to whom, and whether within its span; `all` for every message',
        params: journeyParams,
        querystring: z.strictObject({ all: flag, format: z.enum(['json', 'html']).optional() }),
        response: { 200: ProofOfNotice, ...problemsOf('invalid-request', 'unknown-journey') },
      },
    },
    async (request, reply) => {
      const { all, format } = request.query;
      const row = await mustRead(db, request.params.id);
      const now = new Date(clock());
      const every = all === '' || all === 'true';
      const proof = await proofOfNotice(db, row, { all: every, now });
      await recordAudit(db, {
        at: now,
        actor: actorOf(request),
        action: 'proof-of-notice.read',
        target: `journey:${row.id}`,
        details: { all: every, notices: proof.notices.length },
      });
      const page = format ?? (/\btext\/html\b/.test(request.headers.accept ?? '') ? 'html' : 'json');
      if (page === 'html') return sendPage(reply, 'Proof of notice', proofPage(proof)) as never;
      return reply.header('cache-control', 'no-store').send(proof);
    },
  );
}
