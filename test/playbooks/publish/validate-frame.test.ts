import { describe, expect, it } from 'vitest';
import { parsePlaybook } from '../../../playbooks/publish/parse-playbook.ts';
import { validatePlaybook } from '../../../playbooks/publish/validate-playbook.ts';
import { stringify } from 'yaml';
import { compileTimetable } from '../../../playbooks/publish/compile-timetable.ts';
import { resolveConfig } from '../../../playbooks/publish/resolve-config.ts';
import { playbookOf, smallPlaybook, step } from '../fixture.ts';

type Small = ReturnType<typeof smallPlaybook> & Record<string, unknown>;
type Bend = (playbook: Small) => void;

const kinds = new Map([
  ['900.other', 'trial'],
  ['900.renewal', 'renewal'],
]);

function problems(bend: Bend): string[] {
  const data = smallPlaybook() as Small;
  bend(data);
  const parsed = parsePlaybook(stringify(data));
  const found = parsed.ok ? validatePlaybook(parsed.playbook, { templates: [], kinds }) : parsed.problems;
  return found.map(({ path, message }) => `${path}: ${message}`).filter((one) => !one.includes('there is no template'));
}

const steps =
  (...list: Record<string, unknown>[]): Bend =>
  (p) =>
    void (p.stages[0]!.steps = list);
const open = { expires: 'P9D' };
const task = { owner: 'csm', instructions: 'Do it.' };
const own = (more: Record<string, unknown>) =>
  step({ channel: undefined, template: undefined, class: undefined, ...more });
const milestone = own({ kind: 'milestone', needs: ['used'] });
const meeting = own({ kind: 'meeting', task, open });
const survey = step({ kind: 'survey', open, survey: { question: 'How likely?' } });
const dated: Bend = (p) => void (p.anchors.renewal = { fact: 'since' });
const legal = (notice: Record<string, unknown>, due: Record<string, unknown> = {}): Bend => {
  const notified = step({
    ...{ class: 'legal', clock: 'absolute', late: { within: 'P9D', otherwise: 'replan' } },
    due: { from: 'renewal', after: '-P30D', window: 'none', ...due },
    notice: {
      opens: { from: 'renewal', after: '-P45D', window: 'none' },
      closes: { from: 'renewal', after: '-P15D', window: 'none' },
      ...notice,
    },
  });
  return (p) => {
    dated(p);
    steps(notified)(p);
  };
};

describe('a playbook with the frame’s new fields', () => {
  it.each<[string, Bend]>([
    ['a milestone', steps(milestone)],
    [
      'a meeting with a reminder',
      steps({ ...meeting, open: { ...open, escalations: [{ after: 'PT12H', to: 'csm', unless: 'booked' }] } }),
    ],
    ['a survey', steps(survey)],
    ['a broadcast', steps(step({ kind: 'broadcast' }))],
    ['a date of the account', dated],
    ['a due that counts from a flag', steps(step({ due: { from: 'flag:used', after: 'PT1H' } }))],
    [
      'a stage that a flag enters and another ends',
      (p) => {
        p.flags.over = { doc: 'over' };
        p.stages.push({
          id: 'two',
          title: 'Two',
          enter: 'flag:used',
          until: 'over',
          steps: [step({ id: 'b' })],
        } as never);
      },
    ],
    [
      'what follows a milestone',
      steps({ ...milestone, id: 'm' }, step({ due: { from: 'step:m', after: 'PT0S' }, after: ['met', 'late'] })),
    ],
    [
      'a reminder while a meeting is open',
      steps({ ...meeting, id: 'm' }, step({ due: { from: 'step:m', after: 'P1D' }, after: ['sent'], whileOpen: true })),
    ],
    ['a legal notice', legal({})],
    ['a message that is approved', steps(step({ approval: { by: 'csm', within: 'PT2H', otherwise: 'send' } }))],
    ['several recipients', steps(step({ to: ['primary', 'billing'] }))],
    [
      'triggers that start and take over',
      (p) =>
        void (p.trigger = [
          { event: 'begun' },
          {
            event: 'bought',
            where: { plan: 'starter' },
            when: 'plan.onboarding != ""',
            takesOver: ['900.other'],
            starts: false,
          },
        ] as never),
    ],
    [
      'levels of the arbiter',
      (p) => Object.assign(p, { arbiter: { level: 'renewal', outranked: 'drop' }, holds: { level: 'sev1' } }),
    ],
    [
      'an outcome that hands over',
      (p) =>
        void (p.outcomes.won = {
          facts: { seats: 'facts.seats + 1' },
          emits: { event: 'bought', data: { plan: 'account.plan' } },
        }),
    ],
    [
      'an offer with terms of its own',
      (p) =>
        Object.assign(p.offers[0]!, {
          eligible: 'metrics.conversations > 3',
          once: 'P12M',
          discount: true,
          pausesBilling: { months: 3 },
        }),
    ],
  ])('may have %s', (_what, bend) => {
    expect(problems(bend)).toEqual([]);
  });

  it.each<[string, Bend, RegExp]>([
    ['a kind that there is not', (p) => void (p.kind = 'wedding'), /^kind: /],
    ['a milestone without flags', steps(own({ kind: 'milestone' })), /a milestone needs needs/],
    ['a milestone of unknown flags', steps({ ...milestone, needs: ['nothing'] }), /unknown flag "nothing"/],
    ['a milestone that stays open', steps({ ...milestone, open }), /a milestone never stays open/],
    ['a meeting nobody does', steps(own({ kind: 'meeting', open })), /a meeting needs task/],
    ['a survey without its question', steps(step({ kind: 'survey', open })), /a survey needs survey/],
    ['a survey that awaits nothing', steps({ ...survey, open: undefined }), /a survey needs open/],
    [
      'a scale without length',
      steps({ ...survey, survey: { question: 'x', from: 5, to: 5 } }),
      /survey\.from must be below/,
    ],
    [
      'a task that is booked',
      steps(
        own({ kind: 'task', task, open: { ...open, escalations: [{ after: 'PT1H', to: 'a', unless: 'booked' }] } }),
      ),
      /only a meeting is booked/,
    ],
    ['a role twice', steps(step({ to: ['primary', 'primary'] })), /names a role of `to` twice/],
    [
      'a task held for approval',
      steps(own({ kind: 'task', task, open, approval: { by: 'csm', within: 'PT1H' } })),
      /a task cannot be held for approval/,
    ],
    [
      'an approval in no time',
      steps(step({ approval: { by: 'csm', within: 'PT0S' } })),
      /approval\.within: PT0S is not longer than nothing/,
    ],
    [
      'an approval by an unknown figure',
      steps(step({ approval: { by: 'csm', within: 'PT1H', otherwise: '$length' } })),
      /approval\.otherwise: must be one of send, drop, wait/,
    ],
    [
      'a due from an unknown flag',
      steps(step({ due: { from: 'flag:nothing', after: 'PT0S' } })),
      /counts from "flag:nothing"/,
    ],
    [
      'a stage that an unknown flag enters',
      (p) => void (p.stages[0]!.enter = 'flag:nothing'),
      /stages\[0\]\.enter: names the unknown flag/,
    ],
    [
      'a stage that an unknown flag ends',
      (p) => Object.assign(p.stages[0]!, { until: 'nothing' }),
      /stages\[0\]\.until: names the unknown flag/,
    ],
    [
      'whileOpen of what follows nothing',
      steps(step({ whileOpen: true })),
      /has whileOpen, but does not follow a step/,
    ],
    [
      'whileOpen of what never stays open',
      steps(step({ id: 'a' }), step({ due: { from: 'step:a', after: 'P1D' }, whileOpen: true })),
      /"a" never stays open/,
    ],
    [
      'an outcome that its step cannot have',
      steps({ ...survey, id: 'a' }, step({ due: { from: 'step:a', after: 'P1D' }, after: ['no-show'] })),
      /waits for "no-show" of "a"/,
    ],
    [
      'again without a flag',
      (p) => void p.reactions.push({ event: 'begun', again: true, clear: 'used' }),
      /again: needs a flag/,
    ],
    [
      'a date of an unknown fact',
      (p) => void (p.anchors.renewal = { fact: 'nothing' }),
      /anchors\.renewal\.fact: names the unknown fact/,
    ],
    [
      'a date of a fact that is none',
      (p) => void (p.anchors.renewal = { fact: 'seats' }),
      /is bound to a number, not to a date/,
    ],
    [
      'an unknown field of a trigger',
      (p) => void (p.trigger = { event: 'bought', where: { colour: 'red' } } as never),
      /trigger\.where\.colour: names the unknown field/,
    ],
    [
      'a value that a field never has',
      (p) => void (p.trigger = { event: 'bought', where: { plan: 'gold' } } as never),
      /trigger\.where\.plan: is never "gold"/,
    ],
    [
      'a trigger that does nothing',
      (p) => void (p.trigger = { event: 'begun', starts: false } as never),
      /neither starts nor takes over/,
    ],
    [
      'taking over an unknown playbook',
      (p) => void (p.trigger = { event: 'begun', takesOver: ['900.nothing'] } as never),
      /unknown playbook "900\.nothing"/,
    ],
    [
      'taking over another kind',
      (p) => void (p.trigger = { event: 'begun', takesOver: ['900.renewal'] } as never),
      /of kind renewal and not trial/,
    ],
    [
      'taking over itself',
      (p) => void (p.trigger = { event: 'begun', takesOver: ['900.small'] } as never),
      /takesOver: names itself/,
    ],
    [
      'an unknown level',
      (p) => Object.assign(p, { arbiter: { level: 'king' } }),
      /arbiter\.level: names the level "king"/,
    ],
    [
      'a hold of an unknown level',
      (p) => Object.assign(p, { holds: { level: 'king' } }),
      /holds\.level: names the level "king"/,
    ],
    [
      'rising to an unknown level',
      (p) => Object.assign(p, { raised: { flag: 'nothing', level: 'king' } }),
      /raised\.level: names the level "king"/,
    ],
    [
      'rising by an unknown flag',
      (p) => Object.assign(p, { raised: { flag: 'nothing', level: 'dunning' } }),
      /raised\.flag: names the unknown flag "nothing"/,
    ],
    [
      'leaving a step to an unknown playbook',
      steps(step({ unlessOpen: ['900.nothing'] })),
      /unlessOpen: names the unknown playbook "900\.nothing"/,
    ],
    ['passing an unknown level', steps(step({ passes: ['king'] })), /passes: names the level "king"/],
    [
      'a watch of an unknown metric',
      (p) => Object.assign(p, { watches: [{ id: 'w', metric: 'nothing', rises: 1 }] }),
      /watches\[0\]\.metric: names the unknown metric/,
    ],
    [
      'a watch both ways',
      (p) => Object.assign(p, { watches: [{ id: 'w', metric: 'conversations', rises: 1, falls: 0 }] }),
      /needs either rises or falls/,
    ],
    [
      'a watch of no way',
      (p) => Object.assign(p, { watches: [{ id: 'w', metric: 'conversations' }] }),
      /needs either rises or falls/,
    ],
    [
      'a watch that wakes nobody',
      (p) => Object.assign(p, { watches: [{ id: 'w', metric: 'conversations', rises: 1 }] }),
      /wakes nobody/,
    ],
    [
      'a watch of half a day',
      (p) => Object.assign(p, { watches: [{ id: 'w', metric: 'conversations', over: 'PT12H', rises: 1 }] }),
      /no number of whole days/,
    ],
    [
      'a watch by a figure that is no number',
      (p) => Object.assign(p, { watches: [{ id: 'w', metric: 'conversations', rises: '$length' }] }),
      /watches\[0\]\.rises: must be a number/,
    ],
    [
      'an outcome’s unknown fact',
      (p) => void (p.outcomes.won = { facts: { nothing: '1' } }),
      /outcomes\.won\.facts\.nothing: names the unknown fact/,
    ],
    [
      'an outcome’s fact of another type',
      (p) => void (p.outcomes.won = { facts: { seats: '"many"' } }),
      /gives string, not number/,
    ],
    [
      'an outcome’s unknown event',
      (p) => void (p.outcomes.won = { emits: { event: 'nothing' } }),
      /outcomes\.won\.emits\.event: names the event "nothing"/,
    ],
    [
      'an outcome’s unknown field',
      (p) => void (p.outcomes.won = { emits: { event: 'bought', data: { colour: '"red"' } } }),
      /unknown field "colour" of bought/,
    ],
    [
      'an outcome’s broken expression',
      (p) => void (p.outcomes.won = { facts: { seats: 'facts.' } }),
      /outcomes\.won\.facts\.seats: /,
    ],
    [
      'an offer’s condition that is none',
      (p) => Object.assign(p.offers[0]!, { eligible: 'metrics.conversations' }),
      /offers\[0\]\.eligible: gives double/,
    ],
    [
      'a pause of no month',
      (p) =>
        Object.assign(p.offers[0]!, { pausesBilling: { months: '$high' }, id: 'half' }) &&
        Object.assign(p.config.high as object, { value: 0 }),
      /pausesBilling\.months: must be 1 to 12/,
    ],
    ['once in no time', (p) => Object.assign(p.offers[0]!, { once: 'PT0S' }), /offers\[0\]\.once: /],
    [
      'a notice that is not legal',
      steps(step({ notice: { opens: 'P1D', closes: 'P3D' } })),
      /only for a message of class legal/,
    ],
    ['a notice outside of its span', legal({}, { after: '-P50D' }), /notice: does not hold the step's own date/],
    [
      'a notice that a short month puts outside',
      legal({ opens: { from: 'renewal', after: '-P1M', window: 'none' } }),
      /does not hold the step's own date for 20\d\d-/,
    ],
    [
      'a notice that a weekend puts outside',
      legal(
        { closes: { from: 'renewal', after: '-P29D', window: 'none' }, alarm: 'PT1H' },
        { window: { from: '09:00', to: '17:00', weekdays: ['mon'] } },
      ),
      /does not hold the step's own date/,
    ],
    [
      'a notice that counts from another date',
      legal({ opens: { from: 'trialEnd', after: '-P45D', window: 'none' } }),
      /must count from the date that the step itself counts from/,
    ],
    ['an alarm before the notice itself', legal({ alarm: 'P20D' }), /alarm: comes before the step itself/],
  ])('is refused for %s', (_what, bend, expected) => {
    expect(problems(bend)).toEqual(expect.arrayContaining([expect.stringMatching(expected)]));
  });

  it('becomes a timetable that says all of it, and nothing where nothing is said', () => {
    const data = smallPlaybook() as Small;
    legal({})(data);
    data.stages[0]!.steps.push({ ...milestone, id: 'm', rearm: 'P60D' });
    data.stages[0]!.steps.push({
      ...meeting,
      id: 't',
      open: { ...open, escalations: [{ after: 'PT12H', to: 'csm', unless: 'booked' }] },
    });
    Object.assign(data, { watches: [{ id: 'w', metric: 'conversations', over: 'P7D', falls: '$high' }] });
    data.reactions.push({ event: 'begun', set: 'used', again: true });
    const playbook = playbookOf(data);
    const timetable = compileTimetable(playbook, 3, resolveConfig(playbook));
    expect(timetable).toMatchObject({
      anchors: { renewal: { given: true } },
      listens: { 'account.fact_changed': ['fact', 'value'] },
      watches: [{ id: 'w', metric: 'conversations', overDays: 7, falls: 10 }],
    });
    expect(timetable.reactions).toEqual([
      ...timetable.reactions.slice(0, 2),
      { event: 'begun', set: 'used', again: true },
      { event: 'account.fact_changed', where: { fact: 'since' }, move: { anchor: 'renewal', field: 'value' } },
    ]);
    const [notice, m, t] = timetable.steps;
    expect(notice!.notice).toEqual({
      opens: { from: 'renewal', offset: { months: 0, days: -45, ms: 0 } },
      closes: { from: 'renewal', offset: { months: 0, days: -15, ms: 0 } },
      alarm: 3 * 86_400_000,
    });
    expect(m).toMatchObject({ kind: 'milestone', needs: ['used'], rearm: 60 * 86_400_000 });
    expect(t!.open!.escalations).toEqual([
      { after: { months: 0, days: 0, ms: 43_200_000 }, level: 1, unless: 'booked' },
    ]);
    const plain = compileTimetable(playbookOf(smallPlaybook()), 1, resolveConfig(playbook));
    expect(JSON.stringify(plain)).not.toMatch(/watches|needs|rearm|notice"|whileOpen|until/);
  });
});
