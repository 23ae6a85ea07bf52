import { z } from 'zod';
import type { Db } from '../../../db/database.ts';
import { awaitInFlight } from '../../../db/queries/ledger/in-flight.ts';
import { CommandBody } from '../../../workflows/contracts/commands.ts';
import type { CommandIssuer } from '../../commands/issue-command.ts';
import { refused } from '../../commands/issue-command.ts';
import { prepareCommand } from '../../commands/prepare-command.ts';
import type { Api, Deps } from '../../deps.ts';
import { StepsDiff, diffSteps } from '../../journeys/diff-steps.ts';
import { present, readPresent } from '../../journeys/present.ts';
import { Changes, Forecast, forecastOf, toChanges, toForecast } from '../../journeys/view.ts';
import { actorOf } from '../../plugins/authority.ts';
import { idFor } from '../../plugins/idempotency.ts';
import { problemsOf } from '../../responses.ts';
import { journeyParams, mustRead } from '../journeys/journeys.ts';

/** Longer than a provider may take. */
const PATIENCE_MS = 13_000;

const Answer = z.object({
  accepted: z.literal(true),
  id: z.string().optional(),
  dryRun: z.boolean().optional(),
  rev: z.number().int(),
  state: z.enum(['running', 'paused', 'ended']),
  changes: Changes,
  forecast: Forecast,
  /** Of a pause or exit: how many of its messages were still at a provider when the answer was given. */
  inFlight: z.number().int().optional(),
  /** Of a migration: how the steps to come differ. */
  diff: StepsDiff.optional(),
});

/** What staff tell one journey. */
export function commandRoutes(app: Api, deps: Deps, issuer: CommandIssuer): void {
  const {
    database: { db },
    clock,
  } = deps;

  app.post(
    '/v1/journeys/:id/commands',
    {
      config: { needs: 'act' },
      schema: {
        tags: ['commands'],
        summary:
          'Command a journey: accepted with its new dates, or refused with the reason and the nearest that would be accepted. A pause or exit answers once what was at a provider already has settled, and how many messages had not',
        params: journeyParams,
        body: CommandBody,
        response: {
          200: Answer,
          ...problemsOf(
            'invalid-request',
            'unknown-journey',
            'command-refused',
            'journey-ended',
            'changed-since-preview',
            'id-reused',
            'invalid-date',
            'unknown-plan',
            'unknown-playbook',
            'fact-missing',
            'too-many-commands',
            'outcome-unknown',
            'engine-unavailable',
            'engine-paused',
            'no-worker',
          ),
        },
      },
    },
    async (request) => {
      const { body } = request;
      const row = await mustRead(db, request.params.id);
      const id = body.id ?? idFor(request, 'command');
      if (body.dryRun) {
        const { kernel, state, now } = await present(db, row, clock());
        const follows = kernel.timetable.playbook;
        const command = await prepareCommand(db, { row, follows, body, id, zone: state.zone, now });
        const preview = kernel.preview(state, command, now);
        if ('refused' in preview) throw refused(preview.refused);
        return {
          accepted: true as const,
          dryRun: true,
          rev: state.rev,
          state: kernel.status(preview.state),
          changes: toChanges(preview.changes),
          forecast: toForecast(preview.forecast),
          ...(body.command === 'migrate'
            ? { diff: diffSteps(forecastOf({ kernel, state, now }), preview.forecast) }
            : {}),
        };
      }
      const before = body.command === 'migrate' ? forecastOf(await present(db, row, clock())) : undefined;
      const answer = await issuer.issue({ journeyId: row.id, id, body, actor: actorOf(request), row });
      const inFlight = await stillLeaving(db, row.id, body.command, new Date(clock()));
      const now = (await readPresent(db, row.id, clock()))!;
      return {
        accepted: true as const,
        id,
        rev: answer.rev,
        state: answer.status,
        changes: toChanges(answer.changes),
        forecast: toForecast(forecastOf(now)),
        ...(inFlight === undefined ? {} : { inFlight }),
        ...(before ? { diff: diffSteps(before, forecastOf(now)) } : {}),
      };
    },
  );
}

/** Nothing more of it is reserved once it was accepted; what was reserved before, notices of an incident among it, is waited for as a hold does. A pause lets legal notices leave. */
async function stillLeaving(
  db: Db,
  journeyId: string,
  command: CommandBody['command'],
  now: Date,
): Promise<number | undefined> {
  if (command !== 'pause' && command !== 'exit') return undefined;
  return awaitInFlight(db, { journeyId, ...(command === 'pause' ? { legal: false } : {}) }, now, PATIENCE_MS);
}
