import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { smallPlaybook, step } from '../../playbooks/fixture.ts';
import { badInputRig } from './bad-input-rig.ts';
import type { BadInputRig } from './bad-input-rig.ts';

let rig: BadInputRig;
beforeAll(async () => {
  rig = await badInputRig({ withoutWorker: true });
});
afterAll(() => rig.stop());

type Found = { path: string; message: string };
type Small = ReturnType<typeof smallPlaybook>;
const ID = '900.bad';
const small = (change: (playbook: Small) => void) => {
  const playbook = { ...smallPlaybook(), id: ID };
  change(playbook);
  return stringify(playbook);
};
const withStep = (more: Record<string, unknown>) => small((p) => void p.stages[0]!.steps.push(step(more)));
const STEP = 'stages[0].steps[1]';

describe('a playbook that cannot be', () => {
  it.each<[string, string, string, RegExp]>([
    ['an unknown field at the top', small((p) => Object.assign(p, { colour: 'red' })), '', /colour/],
    ['an unknown field of a step', withStep({ colour: 'red' }), STEP, /colour/],
    ['a wrong type', withStep({ title: 7 }), `${STEP}.title`, /string/],
    ['CEL that does not parse', withStep({ condition: 'facts.seats >' }), `${STEP}.condition`, /./],
    [
      'CEL of another type than yes or no',
      withStep({ condition: 'facts.seats + 1.0' }),
      `${STEP}.condition`,
      /not yes or no/,
    ],
    ['CEL that reads an unknown fact', withStep({ condition: 'facts.sets > 1' }), `${STEP}.condition`, /sets/],
    ['CEL that reads an unknown metric', withStep({ condition: 'metrics.chats > 1' }), `${STEP}.condition`, /chats/],
    ['an unknown template', withStep({ template: 'trial_team_setup_2' }), `${STEP}.template`, /trial_team_setup_2/],
    [
      'data that the template does not read',
      withStep({ data: { colour: '"red"' } }),
      `${STEP}.data.colour`,
      /colour|variable/,
    ],
    ['an unknown flag', withStep({ unless: [{ flag: 'bored', reason: 'x' }] }), STEP, /bored/],
    ['an unknown anchor', withStep({ due: { from: 'wedding' } }), `${STEP}.due`, /wedding/],
    ['an unknown step', withStep({ due: { from: 'step:nothing' } }), `${STEP}.due`, /nothing/],
    ['an unknown offer', withStep({ kind: 'offer', offer: 'free', open: { expires: 'P7D' } }), `${STEP}.offer`, /free/],
    ['an unknown option', withStep({ due: '$lenght' }), `${STEP}.due`, /lenght/],
    [
      'a reaction to an unknown event',
      small((p) => void p.reactions.push({ event: 'left', set: 'used' })),
      'reactions[2].event',
      /left/,
    ],
    ['two steps of one id', withStep({ id: 'hello' }), 'stages', /"hello" twice/],
    [
      'a timetable over 16 KiB',
      small((p) => {
        for (let i = 0; i < 120; i += 1)
          p.stages[0]!.steps.push(step({ id: `a-step-with-quite-a-long-name-${i}`, due: `P${i % 13}D` }));
      }),
      'timetable',
      /16384/,
    ],
    ['YAML cut off', 'id: [', '', /./],
    [
      'an alias bomb',
      [
        'a: &a [x,x,x,x,x,x,x,x,x]',
        ...Array.from(
          { length: 9 },
          (_, i) =>
            `b${i}: &b${i} [${Array(9)
              .fill(i === 0 ? '*a' : `*b${i - 1}`)
              .join()}]`,
        ),
      ].join('\n'),
      '',
      /alias/i,
    ],
    ['nothing but blanks', '   ', '', /./],
  ])('%s: both validate and publish say where, and nothing is published', async (_name, source, path, message) => {
    const before = await rig.contents();
    const { status, body } = await rig.call<{ valid: boolean; problems: Found[] }>('POST', '/v1/playbooks/validate', {
      source,
    });
    expect({ status, valid: body.valid }).toEqual({ status: 200, valid: false });
    expect(body.problems, JSON.stringify(body.problems)).toContainEqual({
      path,
      message: expect.stringMatching(message),
    });
    const answer = await rig.refused('POST', '/v1/playbooks', { source });
    expect(answer).toMatchObject({ status: 422, code: 'invalid-playbook' });
    expect((answer.problem as unknown as { problems: Found[] }).problems).toEqual(body.problems);
    expect((await rig.refused('GET', `/v1/playbooks/${ID}`)).code).toBe('unknown-playbook');
    expect(await rig.contents()).toBe(before);
  });

  it('is refused unread when it is too long', async () => {
    const source = 'x'.repeat(131_073);
    expect(await rig.refused('POST', '/v1/playbooks', { source })).toMatchObject({
      status: 400,
      pointers: ['/source'],
    });
    expect(await rig.refused('POST', '/v1/playbooks/validate', { source: 'x'.repeat(1_048_576) })).toMatchObject({
      status: 413,
    });
  });

  it('keeps a running journey on its version, and the version on its content', async () => {
    const good = small(() => undefined);
    expect((await rig.call('POST', '/v1/playbooks', { source: good })).body).toMatchObject({ id: ID, version: 1 });
    const account = await rig.newAccount();
    const { body } = await rig.call<{ id: string }>('POST', '/v1/journeys', { playbook: ID, account });
    expect(
      (await rig.call('POST', '/v1/playbooks', { source: small((p) => void (p.title = 'Other')) })).body,
    ).toMatchObject({
      ...{ id: ID, version: 2, inFlight: 1, unchanged: 1 },
    });
    expect((await rig.call<{ version: number }>('GET', `/v1/journeys/${body.id}`)).body.version).toBe(1);
    expect((await rig.call<{ title: string }>('GET', `/v1/playbooks/${ID}?version=1`)).body.title).toBe('Small');
  });
});
