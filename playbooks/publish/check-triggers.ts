import type { Playbook } from '../../workflows/contracts/playbook.ts';
import { triggersOf } from '../triggers-of.ts';
import type { PlaybookProblem } from './parse-playbook.ts';

/** What else is published: kinds of playbooks by id, and the arbiter's levels. */
export type Surroundings = { kinds?: ReadonlyMap<string, string>; levels: readonly string[] };

type Wrong = (path: string, message: string) => void;

/** What starts it, stands above it and wakes it: events, playbooks, levels and metrics that are not there, or do not go together. */
export function triggerProblems(playbook: Playbook, { kinds, levels }: Surroundings): PlaybookProblem[] {
  const problems: PlaybookProblem[] = [];
  const wrong: Wrong = (path, message) => problems.push({ path, message });
  const level = (path: string, name: string | undefined) => {
    if (name !== undefined && !levels.includes(name))
      wrong(path, `names the level "${name}", which the arbiter does not have (${levels.join(', ')})`);
  };
  triggersOf(playbook).forEach((trigger, i) => {
    const path = Array.isArray(playbook.trigger) ? `trigger[${i}]` : 'trigger';
    eventProblems(playbook, { event: trigger.event, fields: trigger.where }, path, wrong);
    if (trigger.starts === false && !trigger.takesOver) wrong(path, 'neither starts nor takes over');
    for (const id of trigger.takesOver ?? []) {
      const kind = kinds?.get(id);
      if (id === playbook.id) wrong(`${path}.takesOver`, 'names itself');
      else if (kinds && kind === undefined) wrong(`${path}.takesOver`, `names the unknown playbook "${id}"`);
      else if (kind !== undefined && kind !== playbook.kind)
        wrong(`${path}.takesOver`, `names "${id}", which is of kind ${kind} and not ${playbook.kind}`);
    }
  });
  level('arbiter.level', playbook.arbiter?.level);
  level('holds.level', playbook.holds?.level);
  level('raised.level', playbook.raised?.level);
  if (playbook.raised && !Object.hasOwn(playbook.flags, playbook.raised.flag))
    wrong('raised.flag', `names the unknown flag "${playbook.raised.flag}"`);
  playbook.stages.forEach((stage, i) =>
    stage.steps.forEach((step, k) => {
      const path = `stages[${i}].steps[${k}]`;
      step.passes?.forEach((one) => level(`${path}.passes`, one));
      for (const id of step.unlessOpen ?? [])
        if (kinds && !kinds.has(id)) wrong(`${path}.unlessOpen`, `names the unknown playbook "${id}"`);
    }),
  );
  watchProblems(playbook, wrong);
  return problems;
}

/** An event that `reads.events` does not have, fields that it has not, or values that do not fit them. */
function eventProblems(
  playbook: Playbook,
  { event, fields = {} }: { event: string; fields?: Record<string, unknown> },
  path: string,
  wrong: Wrong,
): void {
  const known = Object.hasOwn(playbook.reads.events, event) ? playbook.reads.events[event] : undefined;
  if (!known) return wrong(`${path}.event`, `names the event "${event}", which reads.events does not have`);
  for (const [name, value] of Object.entries(fields)) {
    const field = Object.hasOwn(known.fields, name) ? known.fields[name] : undefined;
    const at = `${path}.where.${name}`;
    if (!field) wrong(at, `names the unknown field "${name}" of ${event}`);
    else if (field.values && !field.values.includes(String(value))) wrong(at, `is never ${JSON.stringify(value)}`);
  }
}

function watchProblems(playbook: Playbook, wrong: Wrong): void {
  const ids = (playbook.watches ?? []).map((watch) => watch.id);
  playbook.watches?.forEach((watch, i) => {
    const path = `watches[${i}]`;
    if (ids.indexOf(watch.id) !== i) wrong(path, `has the watch "${watch.id}" twice`);
    if (!Object.hasOwn(playbook.reads.metrics, watch.metric))
      wrong(`${path}.metric`, `names the unknown metric "${watch.metric}"`);
    if ((watch.rises === undefined) === (watch.falls === undefined)) wrong(path, 'needs either rises or falls');
    for (const key of ['rises', 'falls'] as const) {
      const value = watch[key];
      if (typeof value !== 'string') continue;
      const entry = Object.hasOwn(playbook.config, value.slice(1)) ? playbook.config[value.slice(1)] : undefined;
      if (!entry) wrong(`${path}.${key}`, `names the unknown config entry "${value.slice(1)}"`);
      else if (typeof entry.value !== 'number') wrong(`${path}.${key}`, 'must be a number');
    }
    const heard = playbook.reactions.some(
      ({ event, where }) => event === CROSSED && (where?.watch ?? watch.id) === watch.id,
    );
    if (!heard) wrong(path, `wakes nobody: no reaction to ${CROSSED} takes it`);
  });
}

const CROSSED = 'metric.crossed';
