import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { z } from 'zod';

const port = (fallback: number) =>
  z
    .string()
    .regex(/^\d{1,5}$/)
    .transform(Number)
    .refine((value) => value <= 65_535)
    .default(fallback);

const url = (...protocols: string[]) =>
  z.string().refine((value) => URL.canParse(value) && protocols.includes(new URL(value).protocol));

const text = z.string();

const localTime = (fallback: string) =>
  z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/)
    .default(fallback);

const isZone = (zone: string) => {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: zone }));
  } catch {
    return false;
  }
};

/** What is forgotten after a time, and the shortest that does no harm: exactly-once, repairs, scores, caps and offers look back so far. */
const LEAST_DAYS = {
  usage: 2,
  figures: 100,
  told: 30,
  events: 35,
  words: 35,
  notices: 35,
  journeys: 400,
  proofs: 400,
  audit: 35,
};
type Kept = keyof typeof LEAST_DAYS;

const variable = <T extends z.ZodType>(schema: T, shouldBe: string) => ({ schema, shouldBe });

const variables = {
  TENURE_DATA_DIR: variable(text.default('.tenure'), 'a folder'),
  HOST: variable(text.default('127.0.0.1'), 'an address to listen on, such as 127.0.0.1'),
  PORT: variable(port(3000), 'a port, 0–65535 (0 = any free one)'),
  TENURE_PUBLIC_URL: variable(url('http:', 'https:').optional(), 'a URL, http://… or https://…'),
  TENURE_ADMIN_KEY: variable(text.min(16).optional(), 'a key of at least 16 characters'),
  TENURE_SECRET: variable(text.min(16).optional(), 'a secret of at least 16 characters'),
  TENURE_TEMPORAL_PORT: variable(port(7233), 'a port, 0–65535 (0 = any free one)'),
  TENURE_TEMPORAL_UI_PORT: variable(port(8233), 'a port, 0–65535 (0 = any free one)'),
  TENURE_TEMPORAL_BINARY: variable(text.optional(), 'the path of the Temporal CLI'),
  TENURE_TASK_QUEUE: variable(
    text.regex(/^[A-Za-z0-9_.-]{1,64}$/).default('tenure-journeys'),
    '1–64 letters, digits, dots, dashes or underscores',
  ),
  TENURE_MAX_CACHED_WORKFLOWS: variable(
    text
      .regex(/^\d{1,6}$/)
      .transform(Number)
      .optional(),
    'a whole number of workflows',
  ),
  TENURE_POSTGRES_PORT: variable(port(5433), 'a port, 0–65535 (0 = any free one)'),
  DATABASE_URL: variable(
    url('postgres:', 'postgresql:').optional(),
    'a URL, postgres://user:password@host:port/database',
  ),
  SMTP_URL: variable(url('smtp:', 'smtps:').optional(), 'a URL, smtp://user:password@host:port or smtps://…'),
  TENURE_MAIL_FROM: variable(
    text.regex(/^[^<>\r\n]*<[^<>\s]+@[^<>\s]+>$|^[^<>\s]+@[^<>\s]+$/).default('Tenure <no-reply@tenure.localhost>'),
    'a sender, Name <name@example.com>',
  ),
  TENURE_HUBSPOT_TOKEN: variable(text.min(8).optional(), 'an access token of a private app'),
  TENURE_HUBSPOT_CLIENT_SECRET: variable(text.min(8).optional(), "the app's client secret"),
  TENURE_HUBSPOT_URL: variable(url('http:', 'https:').optional(), 'a URL, https://api.hubapi.com'),
  TENURE_HUBSPOT_CALLS_PER_SECOND: variable(
    text
      .regex(/^\d{1,2}(\.\d+)?$/)
      .transform(Number)
      .refine((calls) => calls > 0)
      .default(5),
    'a number of calls above 0',
  ),
  TENURE_ONCALL: variable(text.regex(/^[^<>\s@]+@[^<>\s@]+$/).default('on-call@tenure.localhost'), 'an e-mail address'),
  TENURE_PAGERDUTY_KEY: variable(text.min(8).optional(), 'an integration key of the Events API v2'),
  TENURE_PAGERDUTY_SERVER: variable(
    text.regex(/^[a-z0-9.-]+(:\d{1,5})?$/).default('events.pagerduty.com'),
    'a host, events.pagerduty.com or events.eu.pagerduty.com',
  ),
  TENURE_NOTICES_PER_SECOND: variable(
    text
      .regex(/^[1-9]\d{0,3}$/)
      .transform(Number)
      .default(50),
    'a whole number of messages, 1–9999',
  ),
  TENURE_ALERTMANAGER_TOKEN: variable(text.min(16).optional(), 'a token of at least 16 characters'),
  TENURE_STATUS_NAME: variable(text.min(1).max(100).default('Service status'), 'the name of the status page'),
  TENURE_PRIORITIES: variable(
    text
      .transform((list) => list.split(',').map((level) => level.trim()))
      .refine((levels) => new Set(levels).size === levels.length && levels.every((l) => /^[a-z0-9-]{1,40}$/.test(l)))
      .optional(),
    'different levels, highest first, such as billing-pause,sev1,renewal',
  ),
  TENURE_KEEP: variable(
    text
      .regex(/^(\s*[a-z]+=P\d{1,5}D\s*(,|$))+$/)
      .transform((list) => Object.fromEntries(list.split(',').map((one) => one.trim().split('=') as [Kept, string])))
      .refine((kept) =>
        Object.entries(kept).every(([name, days]) => Number(days.slice(1, -1)) >= LEAST_DAYS[name as Kept]),
      )
      .optional(),
    'periods in days by name, such as events=P400D,audit=P3653D, none shorter than .env.example says',
  ),
  TENURE_SYSTEM_ZONE: variable(text.refine(isZone).default('UTC'), 'an IANA time zone, such as Europe/Berlin'),
  TENURE_HEALTH_SWEEP_AT: variable(localTime('04:10'), 'a local time as HH:MM, such as 04:10'),
  TENURE_RENEWALS_PER_SECOND: variable(
    text
      .regex(/^[1-9]\d{0,2}$/)
      .transform(Number)
      .default(10),
    'a whole number of journeys, 1–999',
  ),
  TENURE_RENEWAL_SWEEP_AT: variable(localTime('05:10'), 'a local time as HH:MM, such as 05:10'),
  TENURE_LOG_LEVEL: variable(
    z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
    'one of fatal, error, warn, info, debug, trace, silent',
  ),
  TENURE_TRACING: variable(text.regex(/^(true|false)$/).default('false'), 'true or false'),
  TEMPORAL_ADDRESS: variable(text.regex(/^[^\s/]+:\d{1,5}$/).optional(), 'host:port of a Temporal server'),
  TEMPORAL_NAMESPACE: variable(text.optional(), 'a namespace'),
  TEMPORAL_PROFILE: variable(text.optional(), "a profile of Temporal's configuration file"),
  TEMPORAL_CONFIG_FILE: variable(text.optional(), "the path of Temporal's configuration file"),
  TEMPORAL_API_KEY: variable(text.optional(), 'an API key'),
  TEMPORAL_TLS: variable(text.regex(/^(true|false|1|0)$/).optional(), 'true or false'),
  TEMPORAL_TLS_CLIENT_CERT_PATH: variable(text.optional(), 'a path'),
  TEMPORAL_TLS_CLIENT_CERT_DATA: variable(text.optional(), 'a certificate in PEM'),
  TEMPORAL_TLS_CLIENT_KEY_PATH: variable(text.optional(), 'a path'),
  TEMPORAL_TLS_CLIENT_KEY_DATA: variable(text.optional(), 'a key in PEM'),
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: variable(text.optional(), 'a path'),
  TEMPORAL_TLS_SERVER_CA_CERT_DATA: variable(text.optional(), 'a certificate in PEM'),
  TEMPORAL_TLS_SERVER_NAME: variable(text.optional(), 'a host name'),
  TEMPORAL_TLS_DISABLE_HOST_VERIFICATION: variable(text.regex(/^(true|false|1|0)$/).optional(), 'true or false'),
  XDG_CACHE_HOME: variable(text.regex(/^\//).optional(), 'an absolute folder'),
  XDG_CONFIG_HOME: variable(text.regex(/^\//).optional(), 'an absolute folder'),
};

type Variables = typeof variables;
type Parsed = { [Name in keyof Variables]: z.output<Variables[Name]['schema']> };
type Env = Record<string, string | undefined>;

/** Every environment variable that Tenure reads, by name (`TEMPORAL_GRPC_META_*` are read besides). */
export const variableNames: readonly string[] = Object.keys(variables);

/** What the environment says, parsed once at boot and passed on; folders are absolute paths. */
export type Config = {
  dataDir: string;
  cacheDir: string;
  host: string;
  port: number;
  publicUrl?: string;
  adminKey?: string;
  secret?: string;
  temporalPort: number;
  temporalUiPort: number;
  temporalBinary?: string;
  /** True when an address, profile or configuration file names a Temporal server: no embedded engine then. */
  temporalGiven: boolean;
  temporalNamespace?: string;
  /** The `TEMPORAL_*` variables, for `@temporalio/envconfig`. */
  temporalEnv: Record<string, string>;
  taskQueue: string;
  maxCachedWorkflows?: number;
  postgresPort: number;
  databaseUrl?: string;
  smtpUrl?: string;
  /** HubSpot beside the embedded CRM: told over its API, heard by its webhook. */
  hubspot: { accessToken?: string; clientSecret?: string; baseUrl?: string; callsPerSecond: number };
  /** Whom and how an incident calls, how fast its notices leave, and how the public page is named. */
  incidents: {
    onCall: string;
    pagerDutyKey?: string;
    pagerDutyServer: string;
    noticesPerSecond: number;
    alertmanagerToken?: string;
    statusName: string;
  };
  mailFrom: string;
  systemZone: string;
  /** Levels of account-wide holds, highest first; missing: the policy's. */
  priorities?: string[];
  /** How long what has served its purpose is kept, `P…D` by name; missing: the policy's. */
  keep?: Partial<Record<Kept, string>>;
  /** Local times `HH:MM` of the system zone. */
  healthSweepAt: string;
  renewalSweepAt: string;
  renewalsPerSecond: number;
  /** Spans through the OpenTelemetry API. */
  tracing: boolean;
  logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
};

/** Names every variable whose value is wrong, with what it should be; values are never shown. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(['The configuration is wrong (see .env.example):', ...problems.map((line) => `  ${line}`)].join('\n'));
    this.problems = problems;
  }
}

const serverNames = ['TEMPORAL_ADDRESS', 'TEMPORAL_PROFILE', 'TEMPORAL_CONFIG_FILE'];

/** The configuration out of an environment (default: the process's own, and below it a `.env` in the current folder). */
export function loadConfig(env: Env = processEnv()): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const problems: string[] = [];
  const parsed: Record<string, unknown> = {};
  for (const [name, { schema, shouldBe }] of Object.entries(variables)) {
    const result = schema.safeParse(given[name]);
    if (result.success) parsed[name] = result.data;
    else problems.push(`${name} should be ${shouldBe}`);
  }
  const temporalEnv = Object.fromEntries(
    Object.entries(given).filter((entry): entry is [string, string] => entry[0].startsWith('TEMPORAL_')),
  );
  const temporalGiven = serverNames.some((name) => name in temporalEnv);
  if (!temporalGiven && Object.keys(temporalEnv).some((name) => /^TEMPORAL_(API_KEY|TLS)/.test(name)))
    problems.push('TEMPORAL_ADDRESS should be given with TEMPORAL_API_KEY or TEMPORAL_TLS…, or TEMPORAL_PROFILE');
  if (problems.length > 0) throw new ConfigError(problems);
  return toConfig(parsed as Parsed, temporalEnv, temporalGiven);
}

function toConfig(v: Parsed, temporalEnv: Record<string, string>, temporalGiven: boolean): Config {
  return {
    dataDir: resolve(v.TENURE_DATA_DIR),
    cacheDir: join(v.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'tenure'),
    host: v.HOST,
    port: v.PORT,
    publicUrl: v.TENURE_PUBLIC_URL?.replace(/\/+$/, ''),
    adminKey: v.TENURE_ADMIN_KEY,
    secret: v.TENURE_SECRET,
    temporalPort: v.TENURE_TEMPORAL_PORT,
    temporalUiPort: v.TENURE_TEMPORAL_UI_PORT,
    temporalBinary: v.TENURE_TEMPORAL_BINARY && resolve(v.TENURE_TEMPORAL_BINARY),
    temporalGiven,
    temporalNamespace: v.TEMPORAL_NAMESPACE,
    temporalEnv: { HOME: homedir(), ...(v.XDG_CONFIG_HOME && { XDG_CONFIG_HOME: v.XDG_CONFIG_HOME }), ...temporalEnv },
    taskQueue: v.TENURE_TASK_QUEUE,
    maxCachedWorkflows: v.TENURE_MAX_CACHED_WORKFLOWS,
    postgresPort: v.TENURE_POSTGRES_PORT,
    databaseUrl: v.DATABASE_URL,
    smtpUrl: v.SMTP_URL,
    hubspot: {
      accessToken: v.TENURE_HUBSPOT_TOKEN,
      clientSecret: v.TENURE_HUBSPOT_CLIENT_SECRET,
      baseUrl: v.TENURE_HUBSPOT_URL?.replace(/\/+$/, ''),
      callsPerSecond: v.TENURE_HUBSPOT_CALLS_PER_SECOND,
    },
    incidents: {
      onCall: v.TENURE_ONCALL,
      pagerDutyKey: v.TENURE_PAGERDUTY_KEY,
      pagerDutyServer: v.TENURE_PAGERDUTY_SERVER,
      noticesPerSecond: v.TENURE_NOTICES_PER_SECOND,
      alertmanagerToken: v.TENURE_ALERTMANAGER_TOKEN,
      statusName: v.TENURE_STATUS_NAME,
    },
    mailFrom: v.TENURE_MAIL_FROM,
    systemZone: v.TENURE_SYSTEM_ZONE,
    priorities: v.TENURE_PRIORITIES,
    keep: v.TENURE_KEEP,
    healthSweepAt: v.TENURE_HEALTH_SWEEP_AT,
    renewalSweepAt: v.TENURE_RENEWAL_SWEEP_AT,
    renewalsPerSecond: v.TENURE_RENEWALS_PER_SECOND,
    tracing: v.TENURE_TRACING === 'true',
    logLevel: v.TENURE_LOG_LEVEL,
  };
}

function processEnv(): Env {
  const file = existsSync('.env') ? parseEnv(readFileSync('.env', 'utf8')) : {};
  return { ...file, ...process.env };
}
