import type { Playbook } from '../../workflows/contracts/playbook.ts';
import { metricsOf, usageOf } from './find-inputs.ts';
import { healthPolicy } from './policy.ts';
import { models } from './read-models.ts';

type Field = Playbook['reads']['facts'][string];
type Names = {
  facts: Map<string, Field>;
  metrics: Set<string>;
  usage: Set<string>;
  events: Map<string, Map<string, Field>>;
};

const text = (doc: string): Field => ({ type: 'string', doc });
const number = (doc: string): Field => ({ type: 'number', doc });

const facts = new Map<string, Field>([
  ['subscribed_at', { type: 'date', doc: 'When the subscription began.' }],
  ['has_api', { type: 'boolean', doc: 'Whether the account may use the API.' }],
]);
for (const model of models)
  for (const input of Object.values(model.inputs)) {
    for (const { fact, per, words } of input.from ?? []) {
      if (per?.fact) facts.set(per.fact, number(`What a share is taken of in ${model.id}.`));
      if (fact) facts.set(fact, { type: 'enum', values: words ? Object.keys(words) : input.words, doc: input.doc });
    }
  }

const alertFields = new Map<string, Field>([
  ['ticket', text('Id of the ticket.')],
  ['invoice', text('Id of the invoice.')],
  ['signal', text('What the sign was, as a word.')],
  ['drop', number('By how many percent.')],
]);
const events = new Map<string, Map<string, Field>>(
  Object.entries(healthPolicy.alerts).flatMap(([type, { recoversBy }]) =>
    [type, ...recoversBy].map((name): [string, Map<string, Field>] => [name, alertFields]),
  ),
);
events.set(
  'health.band_changed',
  new Map<string, Field>([
    ['model', text('The score model.')],
    ['band', text('The band now in force.')],
    ['previous', text('The band before it; none: there was none that mattered.')],
    ['direction', { type: 'enum', values: ['better', 'worse'], doc: 'Whether it is better or worse.' }],
    ['score', number('The score, where the model gives one.')],
  ]),
);

/** The facts, metrics, usage and events that scoring knows by itself, whatever the playbooks read. */
export const scoringNames: Names = {
  facts,
  metrics: new Set(models.flatMap(metricsOf)),
  usage: new Set(models.flatMap(usageOf)),
  events,
};
