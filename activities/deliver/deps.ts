import type { Logger } from 'pino';
import type { Database } from '../../db/database.ts';
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
  log: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** A point at which a test may kill the process; does nothing in production. */
  probe?: (point: string) => Promise<void>;
};
