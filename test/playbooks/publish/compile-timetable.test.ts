import { describe, expect, it } from 'vitest';
import { compileTimetable } from '../../../playbooks/publish/compile-timetable.ts';
import { resolveConfig } from '../../../playbooks/publish/resolve-config.ts';
import { playbookOf, smallPlaybook, step } from '../fixture.ts';

const DAY = 86_400_000;
const compiled = (options: Record<string, unknown> = {}, ...steps: Record<string, unknown>[]) => {
  const data = smallPlaybook();
  if (steps.length > 0) data.stages[0]!.steps = steps;
  const playbook = playbookOf(data);
  return compileTimetable(playbook, 3, resolveConfig(playbook, options));
};

describe('the timetable', () => {
  it('takes figures from config, and from options over it', () => {
    expect(compiled().anchors.trialEnd).toEqual({ from: 'start', offset: { months: 0, days: 14, ms: 0 } });
    expect(compiled({ length: 'P7DT6H' }).anchors.trialEnd).toEqual({
      from: 'start',
      offset: { months: 0, days: 7, ms: 21_600_000 },
    });
    expect(compiled({ length: 'P7D' }).offers).toEqual({ half: { extendsBy: 7 * DAY } });
    expect(compiled()).toMatchObject({
      playbook: '900.small',
      version: 3,
      kind: 'trial',
      extend: { anchor: 'trialEnd', max: 28 * DAY },
    });
  });

  it('gives messages the playbook’s window, unless they have their own, a local time or none', () => {
    const windows = compiled(
      {},
      step({ id: 'a' }),
      step({ id: 'b', due: { after: 'P1D', window: 'none' } }),
      step({ id: 'c', due: { after: 'P1D', at: '08:30' } }),
      step({ id: 'd', due: { after: 'P1D', window: { from: '10:00', to: '12:00', weekdays: ['fri', 'mon'] } } }),
      step({ id: 'e', kind: 'check', met: 'flags.used', channel: undefined, template: undefined }),
    ).steps.map((one) => one.due.window ?? one.due.at);
    expect(windows).toEqual([
      { from: 540, to: 1080 },
      undefined,
      510,
      { from: 600, to: 720, weekdays: [1, 5] },
      undefined,
    ]);
  });

  it('listens to the events it reacts to, and takes only the fields it tests', () => {
    expect(compiled().listens).toEqual({ begun: [], bought: ['plan'] });
  });

  it('names what is provided at once, and numbers escalations', () => {
    const open = {
      expires: { from: 'trialEnd' },
      items: [
        { id: 'x', title: 'X', provided: true },
        { id: 'y', title: 'Y' },
      ],
      escalations: [{ after: 'PT24H', to: 'lead' }],
    };
    expect(
      compiled({}, step({ kind: 'checklist', channel: undefined, template: undefined, open })).steps[0]!.open,
    ).toMatchObject({
      items: ['x', 'y'],
      provided: ['x'],
      escalations: [{ level: 1, after: { months: 0, days: 0, ms: DAY } }],
    });
  });

  it('carries no expression, template data, instruction or term', () => {
    const text = JSON.stringify(compiled({}, step({ condition: 'metrics.conversations > 1' })));
    expect(text).not.toContain('metrics.');
    expect(text).not.toContain('percent');
  });
});
