import { TenureError } from '../workflows/contracts/errors.ts';
import type { JourneyInput, Program, State } from '../workflows/contracts/journey.ts';
import type { ConfigValue, Playbook } from '../workflows/contracts/playbook.ts';
import type { Instant, ZoneRules } from '../workflows/contracts/time.ts';
import type { Timetable } from '../workflows/contracts/timetable.ts';
import { createKernel } from '../workflows/kernel/create-kernel.ts';
import { rulesOf } from '../workflows/rules/rules-of.ts';
import { isTimeZone, zoneRules } from './calendar/zone-rules.ts';
import { CelError } from './cel/cel-error.ts';
import { holds } from './cel/evaluate-cel.ts';
import type { Health, Scope } from './cel/scope.ts';
import { factAnchors } from './fact-anchors.ts';
import { planOf } from './plans.ts';
import { figureProblems } from './publish/check-figures.ts';
import { compileTimetable } from './publish/compile-timetable.ts';
import { optionProblem, resolveConfig } from './publish/resolve-config.ts';
import { timetableProblems } from './publish/timetable-problems.ts';

/** What a start needs to know about its account; nothing personal of it reaches the journey's state. */
export type StartAccount = {
  id: string;
  name: string;
  plan: string;
  timeZone: string;
  industry?: string | null;
  facts: Record<string, unknown>;
};
export type PrepareStart = {
  playbook: Playbook;
  version: number;
  account: StartAccount;
  contacts: { role: string; timeZone?: string | null }[];
  /** When the journey's clock begins; default `now`. */
  anchor?: Instant;
  /** Figures of the playbook's `config` for this journey alone. */
  options?: Record<string, unknown>;
  owner?: string | null;
  /** Newest metrics, where an initial flag reads them. */
  metrics?: Record<string, number>;
  now: Instant;
  journeyId: string;
  /** How the account does, where the playbook asks for that as it begins. */
  health?: Health | null;
  /** Zone of an account without one. */
  systemZone: string;
};
export type Prepared = { timetable: Timetable; state: State; input: JourneyInput; config: Record<string, ConfigValue> };

const EARLIEST = Date.UTC(2000, 0, 1);
const LATEST = Date.UTC(2101, 0, 1);
const DAY = 86_400_000;
const OPTIONS = [{ pointer: '/options', detail: 'cannot be in this playbook' }];

/** Everything a journey begins with, from data alone; throws TenureError for whatever cannot be. */
export function prepareStart(start: PrepareStart): Prepared {
  const { playbook, account, now, journeyId } = start;
  const startedAt = start.anchor ?? now;
  if (!(startedAt >= EARLIEST && startedAt < LATEST))
    throw new TenureError('invalid-date', 'The anchor must lie in the years 2000 to 2100.', {
      errors: [{ pointer: '/anchor', detail: 'out of range' }],
    });
  planOf(account.plan);
  const { config, timetable } = figures(start);
  const zone = zoneRules(recipientZone(start), Math.min(startedAt, now) - 2 * DAY, coverage(startedAt, now));
  const anchors = factAnchors(playbook, account.facts, zone);
  const scope: Scope = {
    account,
    facts: account.facts,
    metrics: start.metrics ?? {},
    health: start.health ?? null,
    flags: {},
    config,
    journey: { id: journeyId, startedAt, anchors },
    now,
  };
  const flags = Object.fromEntries(initialFlags(playbook, scope).map((name) => [name, startedAt]));
  const seed = { startedAt, anchors, zone, plan: account.plan, owner: start.owner ?? null, flags };
  const state = createKernel(timetable, rulesOf(timetable.kind)).begin(seed);
  return { timetable, state, config, input: { version: 1, journeyId, account: account.id, timetable, state } };
}

const initialFlags = (playbook: Playbook, scope: Scope, judge: typeof holds = holds): string[] =>
  Object.entries(playbook.flags).flatMap(([name, { initially }]) =>
    initially !== undefined && judge(playbook, initially, scope) ? [name] : [],
  );

/** What an account lacks must not keep its journey from going on. */
const unknownIsNo: typeof holds = (...asked) => {
  try {
    return holds(...asked);
  } catch (error) {
    if (error instanceof CelError) return false;
    throw error;
  }
};

/** What a journey that is under way needs to go on in another playbook or version. */
export type PrepareProgram = Pick<PrepareStart, 'playbook' | 'version' | 'options'> & {
  facts: Record<string, unknown>;
  zone: ZoneRules;
  /** What initial flags read besides; missing: they are not judged. */
  reads?: Pick<Scope, 'account' | 'metrics' | 'health' | 'now'> & {
    journey: Pick<Scope['journey'], 'id' | 'startedAt'>;
  };
};

/** The timetable that it will follow, with those of its options that exist there, the dates that come from facts, and the flags that hold now; throws TenureError. */
export function prepareProgram(to: PrepareProgram): Omit<Program, 'program'> {
  const options = Object.fromEntries(
    Object.entries(to.options ?? {}).filter(([name, value]) => {
      const entry = Object.hasOwn(to.playbook.config, name) ? to.playbook.config[name] : undefined;
      return entry !== undefined && optionProblem(entry, value) === undefined;
    }),
  );
  const { config, timetable } = figures({ ...to, options });
  const { playbook, facts, reads } = to;
  const anchors = factAnchors(playbook, facts, to.zone);
  if (!reads) return { timetable, anchors };
  const scope = { ...reads, facts, flags: {}, config, journey: { ...reads.journey, anchors } };
  return { timetable, anchors, flags: initialFlags(playbook, scope, unknownIsNo) };
}

type Figures = Pick<Prepared, 'config' | 'timetable'>;
const asPublished = new WeakMap<Playbook, Figures & { version: number }>();

/** Config and timetable; those of a playbook as it was published are made once. */
function figures({ playbook, version, options }: Pick<PrepareStart, 'playbook' | 'version' | 'options'>): Figures {
  const own = options !== undefined && Object.keys(options).length > 0;
  const known = asPublished.get(playbook);
  if (!own && known?.version === version) return known;
  const config = resolveConfig(playbook, options);
  const made = { config, timetable: possible(playbook, version, config), version };
  if (!own) asPublished.set(playbook, made);
  return made;
}

function possible(playbook: Playbook, version: number, config: Record<string, ConfigValue>): Timetable {
  let timetable: Timetable;
  try {
    timetable = compileTimetable(playbook, version, config);
  } catch (error) {
    if (error instanceof RangeError)
      throw new TenureError('invalid-request', `With these options ${error.message}.`, { errors: OPTIONS });
    throw error;
  }
  const [figure] = figureProblems(playbook, config);
  if (figure)
    throw new TenureError('invalid-request', `With these options ${figure.path} ${figure.message}.`, {
      errors: OPTIONS,
    });
  const [problem] = timetableProblems(timetable);
  if (problem)
    throw new TenureError('invalid-date', `With these options ${problem.path} ${problem.message}.`, {
      errors: OPTIONS,
    });
  return timetable;
}

/** The zone of the contact who is told, else of the account, else of the system; unknown zones are refused where they come in. */
export function recipientZone({
  contacts,
  account,
  systemZone,
}: Pick<PrepareStart, 'contacts' | 'account' | 'systemZone'>): string {
  const contact = contacts.find((one) => one.role === 'primary') ?? contacts[0];
  return [contact?.timeZone, account.timeZone].find((zone) => zone && isTimeZone(zone)) ?? systemZone;
}

/** Twelve years after the later of start and now, counted from the earlier. */
const coverage = (startedAt: Instant, now: Instant) => 12 + Math.ceil(Math.abs(startedAt - now) / (366 * DAY));
