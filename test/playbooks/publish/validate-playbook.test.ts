import { beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { CompiledTemplate } from '../../../activities/render/template-schema.ts';
import { checkPlaybook } from '../../../playbooks/publish/publish.ts';
import { compileShipped } from '../../../playbooks/publish/publish-shipped.ts';
import { smallPlaybook, step } from '../fixture.ts';

type Small = ReturnType<typeof smallPlaybook>;
let templates: CompiledTemplate[];
beforeAll(async () => {
  templates = await compileShipped();
});

function problems(bend: (playbook: Small) => void): string[] {
  const data = smallPlaybook();
  bend(data);
  const checked = checkPlaybook(stringify(data), templates);
  return 'problems' in checked ? checked.problems.map(({ path, message }) => `${path}: ${message}`) : [];
}
const steps =
  (...list: Record<string, unknown>[]) =>
  (playbook: Small) =>
    void (playbook.stages[0]!.steps = list);
const legal = { class: 'legal', due: { after: 'P1D', window: 'none' } };
const tips = { channel: 'email', class: 'marketing', template: 'power_user_tips' };
const tipsData = { conversations: 'metrics.conversations', active_days: 'metrics.conversations', next_steps: '["a"]' };

describe('a playbook', () => {
  it('is published when nothing is wrong with it', () => {
    expect(problems(() => undefined)).toEqual([]);
  });

  it.each<[string, (playbook: Small) => void, RegExp]>([
    ['an unknown field', (p) => Object.assign(p, { colour: 'red' }), /^: Unrecognized key: "colour"/],
    ['an id that is none', (p) => void (p.id = 'Trial'), /^id: a playbook id/],
    ['a stage without steps', (p) => void (p.stages[0]!.steps = []), /^stages\[0\]\.steps: /],
    ['a wrong duration', (p) => void (p.anchors = { trialEnd: { after: '2 days' } }), /^anchors\.trialEnd\.after: /],
    [
      'an unknown event as trigger',
      (p) => void (p.trigger = { event: 'nothing' }),
      /^trigger\.event: names the event "nothing"/,
    ],
    [
      'an unknown event in a reaction',
      (p) => void p.reactions.push({ event: 'nothing', set: 'used' }),
      /^reactions\[2\]\.event: /,
    ],
    ['an unknown flag', (p) => void p.reactions.push({ event: 'begun', set: 'nothing' }), /unknown flag "nothing"/],
    [
      'an unknown event field',
      (p) => void p.reactions.push({ event: 'bought', where: { seats: 1 }, set: 'used' }),
      /unknown field "seats" of bought/,
    ],
    [
      'free text taken into a run',
      (p) => void p.reactions.push({ event: 'bought', where: { note: 'x' }, set: 'used' }),
      /takes field "note" into the run/,
    ],
    ['a reaction that does nothing', (p) => void p.reactions.push({ event: 'begun' }), /^reactions\[2\]: does nothing/],
    [
      'an unknown checklist item',
      (p) => void p.reactions.push({ event: 'begun', item: 'hello/none' }),
      /unknown checklist item "hello\/none"/,
    ],
    [
      'an unknown step to complete',
      (p) => void p.reactions.push({ event: 'begun', completes: 'none' }),
      /unknown step "none"/,
    ],
    [
      'an unknown anchor',
      steps(step({ due: { from: 'renewal' } })),
      /counts from "renewal", which is no anchor or step/,
    ],
    ['an unknown config entry', steps(step({ due: '$none' })), /unknown config entry "none"/],
    ['a config entry of another kind', steps(step({ due: '$high' })), /^timetable: \$high is no ISO-8601 duration/],
    [
      'anchors in a circle',
      (p) =>
        void (p.anchors = { trialEnd: { from: 'other', after: 'P1D' }, other: { from: 'trialEnd', after: 'P1D' } }),
      /counts from itself/,
    ],
    [
      'an anchor that extends nothing',
      (p) => void (p.extend = { anchor: 'none', max: 'P1D' }),
      /^extend\.anchor: names the unknown anchor/,
    ],
    ['an unknown plan', steps(step({ plans: ['gold'] })), /unknown plan "gold"/],
    [
      'an unknown offer',
      steps(step({ offer: 'none', open: { expires: { from: 'trialEnd' } } })),
      /unknown offer "none"/,
    ],
    ['an offer for ever', steps(step({ kind: 'offer', offer: 'half' })), /an offer needs open\.expires/],
    ['an offer step that offers nothing', steps(step({ kind: 'offer' })), /an offer step needs an offer/],
    ['one step twice', steps(step(), step()), /has the step "step" twice/],
    ['a message without a channel', steps(step({ channel: undefined })), /a message needs a channel/],
    [
      'a message without a template',
      steps(step({ template: undefined })),
      /a message needs a template in every variant/,
    ],
    [
      'a check without a question',
      steps(step({ kind: 'check', channel: undefined, template: undefined })),
      /a check needs met/,
    ],
    [
      'a task without instructions',
      steps(step({ kind: 'task', channel: undefined, template: undefined })),
      /a task needs task/,
    ],
    [
      'a checklist without items',
      steps(step({ kind: 'checklist', channel: undefined, template: undefined })),
      /a checklist needs open\.items/,
    ],
    [
      'a variant never reached',
      steps(step({ variants: [{ id: 'all' }, { id: 'never' }] })),
      /variants\[1\]: is never reached/,
    ],
    [
      'a step that follows itself',
      steps(step({ due: { from: 'step:b' } }), step({ id: 'b', due: { from: 'step:step' } })),
      /follows itself/,
    ],
    [
      'an answer nobody can give',
      steps(step(), step({ id: 'b', due: { from: 'step:step' }, after: ['accepted'] })),
      /waits for an answer to "step", which offers nothing/,
    ],
    [
      'an outcome that is none',
      steps(step(), step({ id: 'b', due: { from: 'step:step' }, after: ['done'] })),
      /"done" is no outcome/,
    ],
    ['an outcome never reached', (p) => void (p.outcomes.paused = {}), /^outcomes\.paused: is never reached/],
    [
      'a journey that never ends',
      (p) => {
        p.end = undefined;
        p.reactions = [];
        p.outcomes = {};
        steps(step({ repeat: { every: 'P1D' } }))(p);
      },
      /never ends/,
    ],
    [
      'a stage never reached',
      (p) => {
        p.stages.push({ id: 'late', title: 'Late', enter: 'previous', steps: [step({ id: 'z' })] });
        steps(step({ repeat: { every: 'P1D' } }))(p);
      },
      /the next stage is never reached/,
    ],
    [
      'a window that never opens',
      (p) => void (p.window = { from: '18:00', to: '09:00' }),
      /does not open before it closes/,
    ],
    [
      'an end before the start',
      (p) => void (p.config.length = { value: '-P1D', doc: '' }),
      /^end: does not lie after the start/,
    ],
    [
      'a repetition that nobody could catch up with',
      steps(step({ repeat: { every: 'PT1M', until: 'trialEnd' } })),
      /^step step repeat\.every: would repeat more than 1000 times within maxAge/,
    ],
    ['a step before the start', steps(step({ due: '-P1D' })), /^step step due: falls before the start/],
    ['a step after the end', steps(step({ due: 'P15D' })), /^step step due: falls after the end/],
    ['months where a length is needed', steps(step({ late: { within: 'P1M' } })), /^timetable: P1M has months/],
    [
      'a figure outside its own bounds',
      (p) => void (p.config.high = { value: 500, min: 0, max: 100, doc: '' }),
      /^config\.high\.value: must be at most 100/,
    ],
    [
      'a legal date that freezes',
      steps(step({ ...legal, late: { within: 'P9D', otherwise: 'replan' } })),
      /of a legal step must be absolute or run-on/,
    ],
    ['a legal notice that is skipped', steps(step({ ...legal, clock: 'absolute' })), /of a legal step must be replan/],
    [
      'an expression with an unknown name',
      steps(step({ condition: 'metrics.logins > 1' })),
      /^stages\[0\]\.steps\[0\]\.condition: unknown name "metrics\.logins"/,
    ],
    ['an expression that does not parse', steps(step({ condition: '1 +' })), /^stages\[0\]\.steps\[0\]\.condition: /],
    [
      'a condition that is no yes or no',
      steps(step({ condition: 'metrics.conversations' })),
      /gives double, not yes or no/,
    ],
    [
      'an expression about an unknown step',
      steps(step({ condition: '"x" in sent && sent["x"] < now' })),
      /unknown step "x"/,
    ],
    ['a template that is not there', steps(step({ template: 'nothing' })), /there is no template "nothing" of major 1/],
    [
      'a major that is not there',
      (p) => void Object.assign(p, { templates: { trial_team_setup: 2 } }),
      /there is no template "trial_team_setup" of major 2/,
    ],
    ['a template of another channel', steps(step({ channel: 'email' })), /is for in-app, the step for email/],
    [
      'marketing sent as service',
      steps(step({ ...tips, class: 'service', data: tipsData })),
      /is written as marketing, the step sends it as service/,
    ],
    [
      'a variable that is missing',
      steps(step({ ...tips, data: { ...tipsData, next_steps: undefined } })),
      /lacks "next_steps"/,
    ],
    [
      'a variable nobody knows',
      steps(step({ ...tips, data: { ...tipsData, colour: '"red"' } })),
      /has no such variable/,
    ],
    [
      'a variable of another type',
      steps(step({ ...tips, data: { ...tipsData, conversations: '"many"' } })),
      /gives string, the template takes a number/,
    ],
    [
      'a variable that every message has',
      steps(step({ ...tips, data: { ...tipsData, company: 'account.name' } })),
      /is a common variable/,
    ],
    [
      'more than a run can carry',
      steps(...Array.from({ length: 240 }, (_, i) => step({ id: `s${i}`, title: 'x'.repeat(100) }))),
      /^timetable: is \d+ bytes; a run carries at most 16384: split it into two playbooks/,
    ],
  ])('is refused for %s', (_what, bend, expected) => {
    expect(problems(bend)).toEqual(expect.arrayContaining([expect.stringMatching(expected)]));
  });

  it('is refused, and nothing hangs, for YAML that is broken, huge or a bomb', () => {
    const refused = (source: string) => 'problems' in checkPlaybook(source, templates);
    expect(refused('a: [1')).toBe(true);
    expect(refused('')).toBe(true);
    expect(refused(`id: ${'x'.repeat(200_000)}`)).toBe(true);
    const bomb = Array.from(
      { length: 12 },
      (_, i) =>
        `a${i}: &a${i} [${Array(10)
          .fill(i === 0 ? 'x' : `*a${i - 1}`)
          .join(',')}]`,
    ).join('\n');
    expect(refused(bomb)).toBe(true);
  });
});
