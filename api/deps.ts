import type { Client } from '@temporalio/client';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Database } from '../db/database.ts';

/** Bounds of the API's patience and generosity; every figure has a default in `api/app.ts`. */
export type Limits = {
  /** ms to wait for the engine to start a run, and for a run to answer a command. */
  startMs: number;
  commandMs: number;
  /** Commands in flight a journey, and ms that a further one waits for its turn. */
  inFlight: number;
  turnMs: number;
  /** Requests a key in ten seconds, and requests without a valid key an address in a minute. */
  perKey: number;
  perAddress: number;
  bodyBytes: number;
  eventBytes: number;
  /** How many journeys a second a released hold or stop wakes. */
  releasePerSecond: number;
};

export type ApiConfig = {
  publicUrl: string;
  systemZone: string;
  secret: string;
  taskQueue: string;
  temporalUiUrl: string;
  namespace: string;
  /** The app whose webhook is heard. */
  hubspot?: { clientSecret: string };
  /** Bearer of Alertmanager's webhook, beside the API keys. */
  alertmanagerToken?: string | undefined;
  /** Whose status the public page shows. */
  statusName?: string;
  deadlines?: Partial<Pick<Limits, 'startMs' | 'commandMs' | 'turnMs'>>;
  limits?: Partial<Limits>;
};

/** All that the API is made of; the engine behind `client` may be down. */
export type ApiDeps = {
  database: Database;
  client: Client;
  config: ApiConfig;
  /** Milliseconds since 1970. In a rehearsal it is virtual, as are all times in its database. */
  clock: () => number;
  /** In a rehearsal: what its journeys add to the engine's clock, and after how many revisions they continue as new. */
  clockShift?: () => number;
  continueEvery?: number;
  log: FastifyBaseLogger;
  /** Whether a canary journey has answered; absent: not asked. */
  canary?: () => boolean | Promise<boolean>;
};

/** The same with every limit decided. */
export type Deps = ApiDeps & { limits: Limits };

/** The app with its types: zod schemas in, typed requests out. */
export type Api = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;
