import type { ConfigValue, Playbook } from '../../workflows/contracts/playbook.ts';
import { CommandBody } from '../../workflows/contracts/commands.ts';
import { plans } from '../plans.ts';
import { triggersOf } from '../triggers-of.ts';

type Facts = Playbook['reads']['facts'];
/** All that a persona or an account may give this playbook, and what it may do with it. */
export type Description = {
  playbook: string;
  version: number | null;
  title: string;
  summary: string;
  fulfils: string[];
  kind: string;
  /** The event that starts it, of several the first. */
  trigger: string | null;
  triggers: {
    event: string;
    where?: Record<string, ConfigValue>;
    when?: string;
    takesOver?: string[];
    starts?: boolean;
  }[];
  account: Record<string, string>;
  facts: Facts;
  metrics: Playbook['reads']['metrics'];
  events: Playbook['reads']['events'];
  plans: string[];
  commands: string[];
  config: Record<string, { value: ConfigValue; doc: string; min?: number; max?: number }>;
  stages: { id: string; title: string }[];
  steps: {
    id: string;
    stage: string;
    kind: string;
    title: string;
    channel: string | null;
    templates: string[];
    offers: string[];
    facts: string[];
    items?: string[];
  }[];
  offers: { id: string; title: string; terms: Record<string, ConfigValue> }[];
  outcomes: string[];
};

const account = {
  name: 'string, optional',
  plan: 'one of plans',
  timeZone: 'an IANA time zone',
  industry: 'string, optional: what the account does, lower case',
};

/** What `rehearse --describe` prints. */
export function describePlaybook(playbook: Playbook, version: number | null = null): Description {
  const { id, kind, title, summary, fulfils, reads, config, stages, offers } = playbook;
  const triggers = triggersOf(playbook);
  return {
    ...{ playbook: id, version, title, summary, fulfils, kind, account },
    trigger: triggers.find((one) => one.starts !== false)?.event ?? null,
    triggers,
    facts: reads.facts,
    metrics: reads.metrics,
    events: reads.events,
    plans: Object.keys(plans),
    commands: CommandBody.options.map((option) => option.shape.command.value),
    config,
    stages: stages.map((stage) => ({ id: stage.id, title: stage.title })),
    steps: stages.flatMap((stage) => stage.steps.map((step) => describeStep(stage.id, step))),
    offers: offers.map((offer) => ({ id: offer.id, title: offer.title, terms: offer.terms })),
    outcomes: outcomesOf(playbook),
  };
}

type Step = Playbook['stages'][number]['steps'][number];

/** What may be said about an open step of a kind. */
const FACTS: Partial<Record<Step['kind'], string[]>> = {
  task: ['completed'],
  checklist: ['completed'],
  meeting: ['booked', 'held', 'no-show'],
  survey: ['answered'],
};

function describeStep(stage: string, step: Step): Description['steps'][number] {
  const each = (key: 'template' | 'offer') =>
    [...new Set([step[key], ...(step.variants ?? []).map((v) => v[key])])].filter((v) => v !== undefined);
  const items = step.open?.items?.map((item) => item.id);
  const offers = each('offer');
  return {
    ...{
      id: step.id,
      stage,
      kind: step.kind,
      title: step.title,
      channel: step.channel ?? null,
      templates: each('template'),
      offers,
    },
    facts: offers.length > 0 ? ['accepted', 'declined'] : (FACTS[step.kind] ?? []),
    ...(items ? { items } : {}),
  };
}

/** Every way in which a journey of this playbook may end by itself. */
export const outcomesOf = (playbook: Playbook): string[] => [
  ...new Set([
    ...(playbook.end?.outcomes.map((one) => one.outcome) ?? []),
    ...playbook.reactions.flatMap((reaction) => (reaction.end ? [reaction.end.outcome] : [])),
  ]),
];
