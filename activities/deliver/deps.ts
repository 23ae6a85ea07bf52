import type { Logger } from 'pino';
import type { Database, Tx } from '../../db/database.ts';
import type { JourneyRow } from '../../db/schema/journeys.ts';
import type { EventBody } from '../../workflows/contracts/api.ts';
import type { ArbiterPolicy } from '../arbiter/policy.ts';
import type { Crm } from '../crm/crm.ts';
import type { InAppSender, Mailer, SmsSender } from '../ports.ts';

/** What the deployment says about sending. `secret` signs links and hashes addresses; `mailFrom` is a mailbox as in a From header. */
export type DeliverSettings = {
  secret: string;
  publicUrl: string;
  mailFrom: string;
  systemZone: string;
  policy: ArbiterPolicy;
  locale?: string;
};

/** Stores events with all that follows from them, in the caller's transaction; answers the journeys that they opened, which `launch` starts. */
export type Ingest = (
  tx: Tx,
  i: { events: EventBody[]; actor: string; now: number; clockShift: number },
) => Promise<{ started: JourneyRow[] }>;

/** Begins what was to take over a journey that had ended by then; answers the journeys that it opened. */
export type TakeUp = (
  tx: Tx,
  i: { journeyId: string; program: number; actor: string; now: number; clockShift: number },
) => Promise<JourneyRow[]>;

/** Everything that a journey's activities need from outside. */
export type JourneyDeps = {
  database: Database;
  /** Instant of this attempt by the run's clock, from the run's distance to real time. */
  clock: (clockShift: number) => number;
  mailer: Mailer;
  sms: SmsSender;
  inApp?: InAppSender;
  crm: Crm;
  settings: DeliverSettings;
  ingest?: Ingest;
  /** Begins what an event would have an ended journey go over to, where its run never heard of that. */
  takeUp?: TakeUp;
  /** Starts the runs of journeys that were opened; what it cannot start now, the dispatcher does. Never throws. */
  launch?: (rows: JourneyRow[]) => Promise<void>;
  log: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** A point at which a test may kill the process; does nothing in production. */
  probe?: (point: string) => Promise<void>;
};
