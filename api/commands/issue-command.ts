import type { Client } from '@temporalio/client';
import type { FastifyBaseLogger } from 'fastify';
import type { Database } from '../../db/database.ts';
import { recordAudit } from '../../db/queries/audit/record-audit.ts';
import { insertCommand } from '../../db/queries/commands/insert-command.ts';
import type { CommandRow } from '../../db/queries/commands/insert-command.ts';
import { readCommand } from '../../db/queries/commands/read-command.ts';
import { refuseCommand } from '../../db/queries/commands/refuse-command.ts';
import { markRunning } from '../../db/queries/journeys/mark-running.ts';
import { readJourney } from '../../db/queries/journeys/read-journey.ts';
import type { JourneyRow } from '../../db/schema/journeys.ts';
import type { Command, CommandBody, Refusal } from '../../workflows/contracts/commands.ts';
import { TenureError } from '../../workflows/contracts/errors.ts';
import type { CommandAnswer } from '../../workflows/contracts/journey.ts';
import { present } from '../journeys/present.ts';
import { startRun } from '../journeys/start-run.ts';
import { hashBody } from '../plugins/idempotency.ts';
import { asShown } from './as-shown.ts';
import { noteProgram, prepareCommand } from './prepare-command.ts';
import { sendUpdate } from './send-update.ts';
import type { Sent } from './send-update.ts';
import { turns } from './turns.ts';

export type IssuerDeps = {
  database: Database;
  client: Client;
  taskQueue: string;
  clock: () => number;
  log: Pick<FastifyBaseLogger, 'warn'>;
  commandMs?: number;
  startMs?: number;
  inFlight?: number;
  turnMs?: number;
};

export type Issue = {
  journeyId: string;
  id: string;
  body: CommandBody;
  actor: string;
  bulkId?: string;
  /** Its row, where the caller has just read it. */
  row?: JourneyRow;
};
export type CommandIssuer = {
  /** Notes the command, sends it and answers what the run answered; throws TenureError for a refusal or when no answer came. */
  issue(command: Issue): Promise<CommandAnswer>;
  /** Asks again about a command without an answer; what became of it, or undefined while that is unknown. */
  resend(row: CommandRow): Promise<'applied' | 'refused' | undefined>;
};

/** The one way in which staff commands reach runs, for single and bulk commands alike. */
export function createCommandIssuer(deps: IssuerDeps): CommandIssuer {
  const {
    database: { db },
    client,
    taskQueue,
    clock,
  } = deps;
  const { commandMs = 5000, startMs = 3000 } = deps;
  const inTurn = turns(deps.inFlight ?? 4, deps.turnMs ?? 2000);

  const issue = async ({ journeyId, id, body, actor, bulkId, row: read }: Issue): Promise<CommandAnswer> => {
    const journey = read ?? (await readJourney(db, journeyId));
    if (!journey) throw new TenureError('unknown-journey', 'There is no such journey.', { journey: journeyId });
    const follows = body.command === 'migrate' ? (await present(db, journey, clock())).kernel.timetable.playbook : '';
    const { zone } = journey.snapshot;
    const prepared = await prepareCommand(db, { row: journey, follows, body, id, zone, now: clock() });
    const asked = await asShown(db, journey, prepared, clock());
    const bodyHash = hashBody({ ...body, id: undefined, dryRun: undefined });
    return inTurn(journeyId, async () => {
      const words = wordsOf(body);
      const note = {
        journeyId,
        id,
        bodyHash,
        reason: body.reason,
        actor,
        receivedAt: new Date(clock()),
        bulkId,
        words,
      };
      const { is, row } =
        asked.name === 'migrate'
          ? await db.transaction(async (tx) => {
              const run = await noteProgram(tx, journeyId, asked, note.receivedAt);
              return insertCommand(tx, { ...note, run });
            })
          : await insertCommand(db, { ...note, run: asked });
      if (is === 'known') {
        if (row.bodyHash !== bodyHash)
          throw new TenureError('id-reused', 'This command id was used with another body.', { id });
        const settled = answerOf(row);
        if (settled) return settled;
      }
      return settle(journey, row, await send(journey, row.body.run as Command));
    });
  };

  const send = async (journey: JourneyRow, run: Command): Promise<Sent> => {
    if (journey.endedAt) return { is: 'no-run' };
    const sent = await sendUpdate({ client, taskQueue, deadlineMs: commandMs }, journey.lock, run);
    if (sent.is !== 'no-run') return sent;
    const now = await readJourney(db, journey.id);
    if (!now || now.endedAt || now.state !== 'starting') return sent;
    try {
      const runId = await startRun({ client, taskQueue, deadlineMs: startMs }, now);
      if (runId === undefined) return { is: 'unknown', code: 'outcome-unknown' };
      await markRunning(db, now.id, runId);
    } catch {
      return { is: 'unknown', code: 'engine-unavailable' };
    }
    return sendUpdate({ client, taskQueue, deadlineMs: commandMs }, journey.lock, run);
  };

  const settle = async (journey: JourneyRow, row: CommandRow, sent: Sent): Promise<CommandAnswer> => {
    if (sent.is === 'applied') return sent.answer;
    if (sent.is === 'refused') return refuse(row, sent.refusal);
    const later = await readCommand(db, row.journeyId, row.id);
    const settled = later && answerOf(later);
    if (settled) return settled;
    if (sent.is === 'no-run') {
      const now = await readJourney(db, journey.id);
      if (now?.endedAt) return refuse(row, { code: 'journey-ended', reason: 'The journey has ended.', nearest: null });
    }
    const code = sent.is === 'unknown' ? sent.code : 'outcome-unknown';
    throw new TenureError(code, UNKNOWN[code], { id: row.id, outcome: 'unknown', retryAfter: 2 });
  };

  const refuse = async (row: CommandRow, refusal: Refusal): Promise<never> => {
    const now = new Date(clock());
    await db.transaction(async (tx) => {
      if (!(await refuseCommand(tx, { journeyId: row.journeyId, id: row.id, refusal, now }))) return;
      await recordAudit(tx, {
        at: now,
        actor: row.actor,
        action: `journey.${row.name}.refused`,
        target: `journey:${row.journeyId}`,
        reason: row.reason,
        details: { command: row.id, code: refusal.code },
      });
    });
    throw refused(refusal, row.id);
  };

  const resend = async (row: CommandRow) => {
    const journey = await readJourney(db, row.journeyId);
    if (!journey) return undefined;
    try {
      await settle(journey, row, await send(journey, row.body.run as Command));
      return 'applied';
    } catch (error) {
      if (error instanceof TenureError && REFUSED.has(error.code)) return 'refused';
      if (error instanceof TenureError) return undefined;
      throw error;
    }
  };

  return { issue, resend };
}

/** The free text of an edit, which goes to the database and never to the run. */
function wordsOf(body: CommandBody): { subject?: string; text?: string } | undefined {
  if (body.command !== 'edit') return undefined;
  const { subject, text } = body;
  return { ...(subject === undefined ? {} : { subject }), ...(text === undefined ? {} : { text }) };
}

const REFUSED = new Set<string>(['command-refused', 'journey-ended', 'changed-since-preview']);

const LATER =
  'The command is recorded and will be answered when that is over; repeat it with the same id to hear what became of it.';
const UNKNOWN = {
  'outcome-unknown': `No answer in time; the command may still be applied. Repeat it with the same id to hear what became of it.`,
  'engine-unavailable': `The workflow engine cannot be reached. ${LATER}`,
  'engine-paused': `The run is paused in the engine itself. ${LATER}`,
  'no-worker': `No worker is running. ${LATER}`,
} as const;

/** A refusal as the error that leaves: its own code, the reason and the nearest command that would be accepted. */
export function refused(refusal: Refusal, id?: string): TenureError {
  const { code, reason, nearest } = refusal;
  const registry = code === 'journey-ended' || code === 'changed-since-preview' ? code : 'command-refused';
  return new TenureError(registry, reason, { code, nearest, ...(id === undefined ? {} : { id }) });
}

/** What a settled command was answered with; throws its refusal; undefined while it is open. */
function answerOf(row: CommandRow): CommandAnswer | undefined {
  if (row.state === 'applied') return row.answer as CommandAnswer;
  if (row.state === 'refused') throw refused(row.answer as unknown as Refusal, row.id);
  return undefined;
}
