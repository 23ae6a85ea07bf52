import { z } from 'zod';

const Name = z.string().regex(/^[A-Za-z][A-Za-z0-9_]*$/, 'a name of letters, digits and _');
const Band = z.string().regex(/^[a-z][a-z-]*$/);
const Percent = z.number().positive().max(100);

/** Where the system itself finds an input; outside the system it is given by name. */
export const Source = z.strictObject({
  /** Newest value of a metric, or a fact of the account, or what was used (`*`: of anything) by day, or a figure of the account itself. */
  metric: Name.optional(),
  fact: Name.optional(),
  used: z.union([Name, z.literal('*')]).optional(),
  of: z.enum(['sum7', 'sum30', 'sum90', 'prior28', 'prior30', 'days30', 'weeks4', 'idleDays', 'change30']).optional(),
  account: z
    .enum([
      'ageDays',
      'openPaymentFailure',
      'paymentFailures90',
      'openNegativeSentiment',
      'openUsageDrop',
      'cancellation30',
    ])
    .optional(),
  /** What a share is taken of: a metric, a fact, the plan's limit, or so many. */
  per: z
    .strictObject({
      metric: Name.optional(),
      fact: Name.optional(),
      plan: z.literal('limit').optional(),
      number: z.number().positive().optional(),
    })
    .optional(),
  /** Then: kept within these bounds, times so much, plus so much, kept within those; words or steps as points. */
  within: z.tuple([z.number(), z.number()]).optional(),
  times: z.number().optional(),
  plus: z.number().optional(),
  words: z.record(z.string(), z.union([z.number(), z.string()])).optional(),
  /** [from, value]: the last step whose `from` is reached. */
  steps: z
    .array(z.tuple([z.number(), z.number()]))
    .min(1)
    .optional(),
  clamp: z.tuple([z.number(), z.number()]).optional(),
});
export type Source = z.infer<typeof Source>;

/** An input: what it means, what it may be, and where the system finds it. */
const Input = z.strictObject({
  doc: z.string(),
  unit: z.string(),
  type: z.enum(['number', 'integer', 'boolean', 'enum']),
  /** Both ends included. */
  range: z.tuple([z.number(), z.number()]).optional(),
  /** Words that may stand instead of a number; for `enum` all that may stand. */
  words: z.array(z.string()).min(1).optional(),
  /** `n/a` may be given: the metric does not concern this account, and nothing is missing. */
  notApplicable: z.boolean().optional(),
  /** n/a on these plans, where the plan has no limit, or where this fact is false. */
  notApplicableWhen: z
    .strictObject({
      plans: z.array(z.string()).optional(),
      noLimit: z.boolean().optional(),
      factFalse: Name.optional(),
    })
    .optional(),
  /** The first that is known. */
  from: z.array(Source).optional(),
  /** When none of them is. */
  otherwise: z.union([z.number(), z.string(), z.boolean()]).optional(),
});
export type Input = z.infer<typeof Input>;

const LevelName = z.enum(['excellent', 'good', 'fair', 'poor']);
/** `above` and `below` leave the edge out, `from` and `to` take it in. */
const Span = {
  above: z.number().optional(),
  from: z.number().optional(),
  to: z.number().optional(),
  below: z.number().optional(),
};
const Metric = z.strictObject({
  /** Its parts of its category, whatever they add up to: percent of the whole score where the source gives them. */
  parts: z.number().positive(),
  /** [value, points], linear between; the same value twice is a jump, at which `jump` says whose the value itself is. */
  points: z
    .array(z.tuple([z.number(), z.number()]))
    .min(2)
    .optional(),
  jump: z.enum(['lower', 'upper']).optional(),
  /** Points of words. */
  judged: z.record(z.string(), z.number()).optional(),
  /** Names of the levels, best first; the first that holds. */
  levels: z.array(z.strictObject({ level: LevelName, ...Span, words: z.array(z.string()).optional() })).optional(),
  /** These words count as unknown before this day of the customer. */
  notBefore: z.strictObject({ words: z.array(z.string()), input: Name, day: z.number().positive() }).optional(),
});

const Weighted = z.strictObject({
  kind: z.literal('weighted'),
  /** `half-up`: to an integer before the band is looked up. */
  rounding: z.enum(['none', 'half-up']),
  categories: z.record(Name, z.strictObject({ weight: Percent, metrics: z.record(Name, Metric) })),
});

const Comparison = z.strictObject({ input: Name, ...Span, is: z.union([z.string(), z.boolean()]).optional() });
export type Comparison = z.infer<typeof Comparison>;
const Rule = z.strictObject({
  band: Band,
  any: z.array(Comparison).min(1).optional(),
  all: z.array(Comparison).min(1).optional(),
});
export type Rule = z.infer<typeof Rule>;

const Rules = z.strictObject({
  kind: z.literal('rules'),
  /** No band before this input has come to so much; unknown: it has. */
  noBandBefore: z.strictObject({ input: Name, from: z.number() }).optional(),
  /** No band while none of these is known; the share of them that is known is the confidence. */
  needs: z.array(Name).min(1),
  /** The first that is met. */
  rules: z.array(Rule).min(1),
  otherwise: Band,
});

/** A way to score an account, as data; immutable by version. */
export const ScoreModel = z.strictObject({
  id: z.string().regex(/^\d{3}\.[a-z.-]+$/),
  version: z.number().int().positive(),
  title: z.string(),
  summary: z.string(),
  fulfils: z.array(z.string()).min(1),
  inputs: z.record(Name, Input),
  structure: z.discriminatedUnion('kind', [Weighted, Rules]),
  /** Best first. */
  bands: z
    .array(
      z.strictObject({
        id: Band,
        title: z.string(),
        colour: z.string(),
        label: z.string().optional(),
        action: z.string(),
        ...Span,
      }),
    )
    .min(2),
});
export type ScoreModel = z.infer<typeof ScoreModel>;
export type WeightedModel = ScoreModel & { structure: z.infer<typeof Weighted> };
export type RulesModel = ScoreModel & { structure: z.infer<typeof Rules> };
export type ModelMetric = z.infer<typeof Metric>;
export type Spanned = { above?: number; from?: number; to?: number; below?: number };

/** Whether a value lies in a span; an absent end is open. */
export const within = (span: Spanned, value: number): boolean =>
  (span.above === undefined || value > span.above) &&
  (span.from === undefined || value >= span.from) &&
  (span.to === undefined || value <= span.to) &&
  (span.below === undefined || value < span.below);
