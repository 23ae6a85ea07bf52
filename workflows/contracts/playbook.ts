import { z } from 'zod';
import { ClockRule, IsoDuration, LocalTime } from './time-schema.ts';

export const Channel = z.enum(['email', 'sms', 'in-app']);
export type Channel = z.infer<typeof Channel>;

/** Streams of mail: only `marketing` meets caps, quiet hours and unsubscribe; `legal` also passes a pause and holds. */
export const MessageClass = z.enum(['legal', 'service', 'transactional', 'marketing']);
export type MessageClass = z.infer<typeof MessageClass>;

/**
 * `milestone`: reached when all its flags are set, missed when its due comes first; nobody is told.
 * `meeting`: a task that is booked, then held or a no-show. `survey`: a message that awaits an answer. `broadcast`: a notice to every affected account.
 */
export const StepKind = z.enum([
  'message',
  'offer',
  'task',
  'check',
  'checklist',
  'milestone',
  'meeting',
  'survey',
  'broadcast',
]);
export type StepKind = z.infer<typeof StepKind>;

const Id = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'a lower-case id of a–z 0–9 . _ -');
const Name = z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/, 'a name of letters, digits and _');
const Cel = z.string().min(1).max(2000);

/** `$name` takes the value of that entry of the playbook's `config`. */
const ConfigRef = z.string().regex(/^\$[A-Za-z][A-Za-z0-9_]*$/);
const duration = z.union([IsoDuration, ConfigRef]);
const localTime = z.union([LocalTime, ConfigRef]);
const Weekday = z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']);

/** `P2D` alone means that long after the start of the journey. */
export const DueSpec = z.union([
  duration,
  z.strictObject({
    from: z.string().default('start'),
    after: duration.default('PT0S'),
    businessDays: z.number().int().min(-260).max(260).optional(),
    at: localTime.optional(),
    /** Never sooner than so long after what it counts from. */
    atLeast: duration.optional(),
    window: z
      .union([
        z.literal('none'),
        z.strictObject({ from: localTime, to: localTime, weekdays: z.array(Weekday).min(1).optional() }),
      ])
      .optional(),
    adjust: z.enum(['following', 'preceding']).optional(),
  }),
]);
export type DueSpec = z.infer<typeof DueSpec>;

export const ConfigValue = z.union([z.number(), z.string(), z.boolean()]);
export type ConfigValue = z.infer<typeof ConfigValue>;

const Role = z.string().min(1).max(40);
const Scalars = z.record(Name, ConfigValue);

/** What starts a journey by itself: an event, where its fields have these values and the account fits. */
const Trigger = z.strictObject({
  event: z.string(),
  where: Scalars.optional(),
  /** CEL over account, plan, facts, metrics, config, now. */
  when: Cel.optional(),
  /** An open journey of one of these playbooks under the same lock goes on in this one instead (what it achieved stays). */
  takesOver: z.array(z.string()).min(1).optional(),
  /** false: only takes over, never starts; default true. */
  starts: z.boolean().optional(),
});
export type Trigger = z.infer<typeof Trigger>;

/** A figure that a journey waits for: the run is woken once, when it is crossed, by the event `metric.crossed` with the field `watch`. */
const Watch = z.strictObject({
  id: Id,
  metric: Name,
  /** Sum of the metric's days over so long before now; missing: its newest total. */
  over: IsoDuration.optional(),
  rises: z.union([z.number(), ConfigRef]).optional(),
  falls: z.union([z.number(), ConfigRef]).optional(),
  /** Told of every crossing, each after the figure had been on the near side again; default: of the first one only. */
  again: z.boolean().optional(),
});

const FlagTest = z.strictObject({ flag: Name, reason: Id });

const Variant = z.strictObject({
  id: Id,
  /** Missing: everybody that no variant before it took. */
  when: Cel.optional(),
  template: Id.optional(),
  offer: Id.optional(),
  /** Nobody in this variant is told: `skipped(<reason>)`. */
  silent: Id.optional(),
  /** Template variables of this variant alone, beside the step's. */
  data: z.record(Name, Cel).optional(),
});

export const StepSpec = z.strictObject({
  id: Id,
  kind: StepKind,
  title: z.string().min(1).max(120),
  due: DueSpec,
  channel: Channel.optional(),
  class: MessageClass.default('marketing'),
  template: Id.optional(),
  offer: Id.optional(),
  /** CEL over account, facts, metrics, flags, config, now; false → skipped(<conditionReason>). */
  condition: Cel.optional(),
  conditionReason: Id.default('condition-not-met'),
  /** Playbooks that do the same: skipped(done-by-another) while a journey of one of them is open for the account. */
  unlessOpen: z.array(z.string()).min(1).optional(),
  variants: z.array(Variant).min(1).optional(),
  /** For `check`: met when true. */
  met: Cel.optional(),
  /** A check that is missed sets this fact of the account. */
  missedFact: Name.optional(),
  /** Template variables, as CEL. */
  data: z.record(Name, Cel).default({}),
  /**
   * Role of the contact told; falls back to the first contact that has the channel. Several roles: one contact each, those without
   * anybody left out, nobody told twice; `*`: every contact that has the channel, at most 20.
   */
  to: z.union([Role, z.array(Role).min(1).max(10)]).default('primary'),
  clock: ClockRule.default('freeze'),
  late: z
    .strictObject({ within: duration, otherwise: z.enum(['skip', 'replan']).default('skip') })
    .default({ within: 'PT24H', otherwise: 'skip' }),
  if: z.array(FlagTest).optional(),
  unless: z.array(FlagTest).optional(),
  gate: z.strictObject({ flag: Name, until: DueSpec, reason: Id }).optional(),
  /** With a due that counts from `step:<id>`: only while that step is still open, else skipped(already-done). */
  whileOpen: z.boolean().optional(),
  after: z.array(z.string()).optional(),
  /** For `milestone`: flags that must all be set. */
  needs: z.array(Name).min(1).optional(),
  /** Once done it happens again when the date that it counts from moves so that its new date lies at least so long after. */
  rearm: duration.optional(),
  /**
   * For class `legal`: the span in which the law wants it. Publish refuses a due outside; neither pause, holds, caps nor hours push it out;
   * `alarm` before its end, unsent, somebody is told. Sent for a date that moved so that it falls outside, it is sent anew.
   */
  notice: z.strictObject({ opens: DueSpec, closes: DueSpec, alarm: duration.default('P3D') }).optional(),
  /** Made when due, and held until somebody approves it; `within` that, `otherwise` decides (`wait`: the role is told, and it waits on). */
  approval: z
    .strictObject({
      by: Role,
      within: duration,
      otherwise: z.union([z.enum(['send', 'drop', 'wait']), ConfigRef]).default('wait'),
    })
    .optional(),
  /** Levels of account-wide holds that do not hold it back, for example the notice that a pause of billing ends. */
  passes: z.array(Id).optional(),
  plans: z.array(z.string()).optional(),
  repeat: z
    .strictObject({ every: duration, until: z.string().optional(), max: z.number().int().positive().optional() })
    .optional(),
  open: z
    .strictObject({
      expires: DueSpec.optional(),
      otherwise: z.enum(['expired', 'missed']).default('expired'),
      clock: ClockRule.default('run-on'),
      /** `sets`: a flag that is set when the item is done, by staff or by an event. */
      items: z
        .array(
          z.strictObject({ id: Id, title: z.string(), provided: z.boolean().default(false), sets: Name.optional() }),
        )
        .optional(),
      /** `unless: booked`: not when the meeting has a date by then. */
      escalations: z
        .array(z.strictObject({ after: duration, to: z.string(), unless: z.literal('booked').optional() }))
        .optional(),
    })
    .optional(),
  /** For tasks: who does it, by when it is due after it is opened (or by which local time of that day), and what to do. */
  task: z
    .strictObject({
      owner: z.string(),
      instructions: z.string().max(4000),
      sla: z.union([duration, localTime]).optional(),
      /** With a local time as `sla`: never less than so long. */
      slaAtLeast: duration.optional(),
      minutes: z.number().int().positive().optional(),
      /** Who of the customer's side should attend. */
      attendees: z.string().max(200).optional(),
      /** Calls the role's pager, not only its task list. */
      page: z.enum(['info', 'warning', 'error', 'critical']).optional(),
      /** Figures for whoever does it, as CEL: shown beside the instructions. */
      data: z.record(Name, Cel).optional(),
    })
    .optional(),
  /** For surveys: the question and its scale, both ends included. */
  survey: z
    .strictObject({
      question: z.string().max(500),
      from: z.number().int().default(0),
      to: z.number().int().default(10),
    })
    .optional(),
  /** In doubt whether it went out: leave it (at most once) or send again (at least once). */
  inDoubt: z.enum(['at-most-once', 'at-least-once']).optional(),
  /** In the same transaction as the touch. */
  crm: z.strictObject({ stage: z.string().optional(), note: z.string().optional() }).optional(),
});
export type StepSpec = z.infer<typeof StepSpec>;

export const OfferSpec = z.strictObject({
  id: Id,
  title: z.string(),
  terms: z.record(Name, z.union([ConfigValue, ConfigRef])),
  /** Accepting moves the playbook's `extend` anchor by so much. */
  extendsBy: duration.optional(),
  /** Accepting opens an opportunity in the CRM. */
  opportunity: z
    .strictObject({
      title: z.string(),
      amountMinor: z.union([z.number().int(), ConfigRef]).optional(),
      currency: z.string().length(3).default('USD'),
    })
    .optional(),
  /** A price cut: an account has one of them open or running at a time. */
  discount: z.boolean().optional(),
  /** CEL; false: skipped(not-eligible). */
  eligible: Cel.optional(),
  /** An account that accepted it is not made it again within this time. */
  once: IsoDuration.optional(),
  /** Accepting sets billing on pause for so many months (the answer may choose 1 to `months`): all but steps that pass `billing-pause` is held. */
  pausesBilling: z.strictObject({ months: z.union([z.number().int().positive(), ConfigRef]) }).optional(),
});
export type OfferSpec = z.infer<typeof OfferSpec>;

const Field = z.strictObject({
  type: z.enum(['string', 'number', 'boolean', 'date', 'enum', 'list']),
  values: z.array(z.string()).optional(),
  doc: z.string(),
  default: z.unknown().optional(),
});

/** Kinds of journeys and cases; each has a workflow type of its name. */
export const JourneyKind = z.enum([
  'trial',
  'onboarding',
  'renewal',
  'churn-save',
  'platform-incident',
  'business-incident',
]);
export type JourneyKind = z.infer<typeof JourneyKind>;

export const Playbook = z.strictObject({
  id: z.string().regex(/^\d{3}\.[a-z0-9.-]{1,80}$/, 'a playbook id such as 002.trial'),
  kind: JourneyKind,
  title: z.string().min(1).max(120),
  summary: z.string().max(2000),
  /** Ids of spec/ids.txt that it fulfils. */
  fulfils: z.array(z.string()).min(1),
  trigger: z.union([Trigger, z.array(Trigger).min(1)]).optional(),
  /** Journeys of one kind that may be open beside each other have keys: the lock is `<kind>:<account>:<key>`. */
  key: Id.optional(),
  /** How it stands among others that want to speak to the account; default: the policy's, by kind. */
  arbiter: z.strictObject({ level: Id.optional(), outranked: z.enum(['wait', 'drop']).optional() }).optional(),
  /** While it is open, lower levels are held back: an account-wide hold of this level. */
  holds: z.strictObject({ level: Id }).optional(),
  /** While this flag is set it speaks, and holds lower levels back, at this level instead of its own. */
  raised: z.strictObject({ flag: Name, level: Id }).optional(),
  watches: z.array(Watch).optional(),
  reentry: z.union([z.enum(['never', 'always']), z.strictObject({ cooldown: IsoDuration })]).default('never'),
  /** Deployment's figures. Overridable per journey by `options`; types are kept. */
  config: z
    .record(
      Name,
      z.strictObject({ value: ConfigValue, doc: z.string(), min: z.number().optional(), max: z.number().optional() }),
    )
    .default({}),
  /** All that it reads, with types; unknown names are refused everywhere. */
  reads: z.strictObject({
    facts: z.record(Name, Field).default({}),
    metrics: z.record(Name, z.strictObject({ unit: z.string(), doc: z.string() })).default({}),
    events: z
      .record(z.string(), z.strictObject({ doc: z.string(), fields: z.record(Name, Field).default({}) }))
      .default({}),
  }),
  flags: z.record(Name, z.strictObject({ doc: z.string(), initially: Cel.optional() })).default({}),
  /** `fact`: a date of the account, pinned at the start; it moves when the fact does. */
  anchors: z
    .record(
      Name,
      z.union([z.strictObject({ fact: Name }), z.strictObject({ from: z.string().default('start'), after: duration })]),
    )
    .default({}),
  /** Send window of messages without one of their own. */
  window: z.strictObject({ from: localTime, to: localTime, weekdays: z.array(Weekday).min(1).optional() }).optional(),
  minGap: duration.default('PT0S'),
  maxAge: IsoDuration.default('P400D'),
  calendar: z
    .strictObject({ weekend: z.array(Weekday).default(['sat', 'sun']), holidays: z.array(z.iso.date()).default([]) })
    .default({ weekend: ['sat', 'sun'], holidays: [] }),
  extend: z.strictObject({ anchor: Name, max: duration }).optional(),
  moves: Name.optional(),
  reactions: z
    .array(
      z.strictObject({
        event: z.string(),
        where: z.record(Name, ConfigValue).optional(),
        set: Name.optional(),
        /** With `set`: a flag that is set already takes the new time, and what counts from it is planned anew. */
        again: z.boolean().optional(),
        /** With `completes`: only a step that is open; one that is still to come stays. */
        whileOpen: z.boolean().optional(),
        clear: Name.optional(),
        item: z.string().optional(),
        completes: Id.optional(),
        move: z.strictObject({ anchor: Name, field: Name }).optional(),
        end: z.strictObject({ how: z.enum(['goal', 'exit']), outcome: Id }).optional(),
      }),
    )
    .default([]),
  end: z
    .strictObject({ at: DueSpec, outcomes: z.array(z.strictObject({ flag: Name.optional(), outcome: Id })).min(1) })
    .optional(),
  /** What a pause does to the ends of stages and journey: they run on, unless the playbook says that they stand still. */
  endClock: z.enum(['freeze', 'run-on']).optional(),
  /** What an outcome means outside: stage of life in the CRM and the note left there. */
  outcomes: z
    .record(
      Id,
      z.strictObject({
        crmStage: z.string().optional(),
        note: z.string().optional(),
        won: z.boolean().optional(),
        /** Facts of the account that the end sets, as CEL. */
        facts: z.record(Name, Cel).optional(),
        /** Event that the end stores in its own transaction: how one journey hands over to another. */
        emits: z.strictObject({ event: z.string(), data: z.record(Name, Cel).default({}) }).optional(),
      }),
    )
    .default({}),
  offers: z.array(OfferSpec).default([]),
  /** Pinned majors of its templates; one not named is pinned at 1. */
  templates: z.record(Id, z.number().int().positive()).default({}),
  stages: z
    .array(
      z.strictObject({
        id: Id,
        title: z.string(),
        /** `journey`: at the start; `previous`: when the stage before it has ended; `flag:<name>`: when the flag is set. */
        enter: z
          .union([z.enum(['journey', 'previous']), z.string().regex(/^flag:[A-Za-z][A-Za-z0-9_]*$/)])
          .default('previous'),
        /** A flag that ends it early: what waits is dropped(stage-ended). */
        until: Name.optional(),
        end: DueSpec.optional(),
        steps: z.array(StepSpec).min(1),
      }),
    )
    .min(1),
});
export type Playbook = z.infer<typeof Playbook>;
