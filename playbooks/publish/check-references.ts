import type { DueSpec, Playbook } from '../../workflows/contracts/playbook.ts';
import type { PlaybookProblem } from './parse-playbook.ts';
import { dueProblems, sourcesOf } from './check-sources.ts';
import { isPlan } from '../plans.ts';

/** Names that point nowhere: steps, anchors, flags, config, events and their fields, offers, outcomes, plans. */
export function referenceProblems(playbook: Playbook): PlaybookProblem[] {
  const problems: PlaybookProblem[] = [];
  const wrong = (path: string, message: string) => problems.push({ path, message });
  const flag = (path: string, name: string) =>
    void (Object.hasOwn(playbook.flags, name) || wrong(path, `names the unknown flag "${name}"`));
  const anchor = (path: string, name: string) =>
    void (Object.hasOwn(playbook.anchors, name) || wrong(path, `names the unknown anchor "${name}"`));
  const due = (path: string, spec: DueSpec | undefined) => problems.push(...dueProblems(playbook, path, spec));
  const offers = new Set(playbook.offers.map((offer) => offer.id));

  duplicates(playbook, wrong);
  for (const [name, spec] of Object.entries(playbook.anchors)) {
    if ('fact' in spec) {
      const fact = Object.hasOwn(playbook.reads.facts, spec.fact) ? playbook.reads.facts[spec.fact] : undefined;
      if (!fact) wrong(`anchors.${name}.fact`, `names the unknown fact "${spec.fact}"`);
      else if (fact.type !== 'date') wrong(`anchors.${name}.fact`, `is bound to a ${fact.type}, not to a date`);
      continue;
    }
    if (spec.from.startsWith('step:') || spec.from.startsWith('flag:') || spec.from === 'stage')
      wrong(`anchors.${name}.from`, 'must be start or another anchor');
    else due(`anchors.${name}`, { from: spec.from, after: spec.after });
    if (circular(playbook, name)) wrong(`anchors.${name}.from`, 'counts from itself');
  }
  if (playbook.extend) anchor('extend.anchor', playbook.extend.anchor);
  if (playbook.moves) anchor('moves', playbook.moves);
  due('end.at', playbook.end?.at);
  playbook.end?.outcomes.forEach((one, i) => one.flag !== undefined && flag(`end.outcomes[${i}].flag`, one.flag));
  playbook.reactions.forEach((reaction, i) =>
    reactionProblems(playbook, reaction, `reactions[${i}]`, { wrong, flag, anchor }),
  );
  playbook.stages.forEach((stage, i) => {
    due(`stages[${i}].end`, stage.end);
    if (stage.enter.startsWith('flag:')) flag(`stages[${i}].enter`, stage.enter.slice(5));
    if (stage.until !== undefined) flag(`stages[${i}].until`, stage.until);
    stage.steps.forEach((step, k) => {
      const path = `stages[${i}].steps[${k}]`;
      due(`${path}.due`, step.due);
      due(`${path}.open.expires`, step.open?.expires);
      due(`${path}.gate.until`, step.gate?.until);
      if (step.gate) flag(`${path}.gate.flag`, step.gate.flag);
      for (const one of [...(step.if ?? []), ...(step.unless ?? [])]) flag(path, one.flag);
      for (const one of step.needs ?? []) flag(`${path}.needs`, one);
      for (const one of step.open?.items ?? []) if (one.sets !== undefined) flag(`${path}.open.items`, one.sets);
      due(`${path}.notice.opens`, step.notice?.opens);
      due(`${path}.notice.closes`, step.notice?.closes);
      for (const plan of step.plans ?? [])
        if (!isPlan(plan)) wrong(`${path}.plans`, `names the unknown plan "${plan}"`);
      for (const [at, id] of [
        [path, step.offer] as const,
        ...(step.variants ?? []).map((v, n) => [`${path}.variants[${n}]`, v.offer] as const),
      ])
        if (id !== undefined && !offers.has(id)) wrong(`${at}.offer`, `names the unknown offer "${id}"`);
      if (step.missedFact !== undefined && !Object.hasOwn(playbook.reads.facts, step.missedFact))
        wrong(`${path}.missedFact`, `names the unknown fact "${step.missedFact}"`);
      if (step.repeat?.until !== undefined && !sourcesOf(playbook).has(step.repeat.until))
        wrong(`${path}.repeat.until`, `names the unknown anchor "${step.repeat.until}"`);
    });
  });
  playbook.offers.forEach((offer, i) => {
    for (const [name, value] of [
      ...Object.entries(offer.terms),
      ['extendsBy', offer.extendsBy],
      ['amountMinor', offer.opportunity?.amountMinor],
    ] as const)
      if (typeof value === 'string' && value.startsWith('$') && !Object.hasOwn(playbook.config, value.slice(1)))
        wrong(`offers[${i}].${name}`, `names the unknown config entry "${value.slice(1)}"`);
    if (offer.extendsBy !== undefined && !playbook.extend)
      wrong(`offers[${i}].extendsBy`, 'needs the playbook to say what it extends');
  });
  return problems;
}

type Check = {
  wrong: (path: string, message: string) => void;
  flag: (path: string, name: string) => void;
  anchor: (path: string, name: string) => void;
};

/** What a reaction may ask about the end of a step (`step:<id>`). */
const word = { type: 'enum', doc: '' } as const;
const STEP_ENDED: Playbook['reads']['events'][string] = {
  doc: '',
  fields: { outcome: word, reason: word, offer: word },
};

function reactionProblems(
  playbook: Playbook,
  reaction: Playbook['reactions'][number],
  path: string,
  { wrong, flag, anchor }: Check,
): void {
  const steps = playbook.stages.flatMap((stage) => stage.steps);
  const ofStep = reaction.event.startsWith('step:');
  const event = ofStep
    ? STEP_ENDED
    : Object.hasOwn(playbook.reads.events, reaction.event)
      ? playbook.reads.events[reaction.event]
      : undefined;
  if (!event) wrong(`${path}.event`, `names the event "${reaction.event}", which reads.events does not have`);
  if (ofStep && !steps.some((step) => step.id === reaction.event.slice(5)))
    wrong(`${path}.event`, `names the unknown step "${reaction.event.slice(5)}"`);
  const field = (at: string, name: string, types: string[]) => {
    const found = event && Object.hasOwn(event.fields, name) ? event.fields[name] : undefined;
    if (!found) wrong(at, `names the unknown field "${name}" of ${reaction.event}`);
    else if (!types.includes(found.type))
      wrong(at, `takes field "${name}" into the run, where only ${types.join(', ')} may go`);
  };
  for (const name of Object.keys(reaction.where ?? {}))
    field(`${path}.where.${name}`, name, ['enum', 'number', 'boolean', 'date']);
  if (reaction.again && reaction.set === undefined) wrong(`${path}.again`, 'needs a flag that it sets');
  if (reaction.set !== undefined) flag(`${path}.set`, reaction.set);
  if (reaction.clear !== undefined) flag(`${path}.clear`, reaction.clear);
  if (reaction.move) {
    anchor(`${path}.move.anchor`, reaction.move.anchor);
    field(`${path}.move.field`, reaction.move.field, ['date']);
  }
  if (reaction.completes !== undefined && !steps.some((step) => step.id === reaction.completes))
    wrong(`${path}.completes`, `names the unknown step "${reaction.completes}"`);
  if (reaction.item !== undefined) {
    const [id, item] = reaction.item.split('/');
    const step = steps.find((one) => one.id === id);
    if (!step?.open?.items?.some((one) => one.id === item))
      wrong(`${path}.item`, `names the unknown checklist item "${reaction.item}"`);
  }
  const does = [reaction.set, reaction.clear, reaction.item, reaction.completes, reaction.move, reaction.end];
  if (does.every((one) => one === undefined)) wrong(path, 'does nothing');
}

function duplicates(playbook: Playbook, wrong: Check['wrong']): void {
  const twice = (ids: string[]) => [...new Set(ids.filter((id, i) => ids.indexOf(id) !== i))];
  for (const id of twice(playbook.stages.map((stage) => stage.id))) wrong('stages', `has the stage "${id}" twice`);
  for (const id of twice(playbook.stages.flatMap((stage) => stage.steps.map((step) => step.id))))
    wrong('stages', `has the step "${id}" twice`);
  for (const id of twice(playbook.offers.map((offer) => offer.id))) wrong('offers', `has the offer "${id}" twice`);
}

function circular(playbook: Playbook, name: string): boolean {
  const seen = new Set<string>();
  for (let at = name; Object.hasOwn(playbook.anchors, at);) {
    if (seen.has(at)) return true;
    seen.add(at);
    const spec = playbook.anchors[at]!;
    if ('fact' in spec) return false;
    at = spec.from;
  }
  return false;
}
