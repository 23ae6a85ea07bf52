import { beforeAll, describe, expect, it } from 'vitest';
import { readShipped } from '../../../playbooks/publish/read-shipped.ts';
import type { Playbook } from '../../../workflows/contracts/playbook.ts';
import { readPersona } from '../../../workers/rehearse/persona.ts';
import type { Persona } from '../../../workers/rehearse/persona.ts';
import { rehearse } from '../../../workers/rehearse/rehearse.ts';
import type { RehearseOptions } from '../../../workers/rehearse/rehearse.ts';
import { testGround } from '../../support/ground.ts';
import { of, renewalPersona } from './personas.ts';

let playbook: Playbook;
beforeAll(async () => {
  playbook = await readShipped('001.renewal-reminders');
});

async function live(persona: Persona, options?: RehearseOptions) {
  const { entries, ...rest } = await rehearse(await testGround(), playbook, readPersona(persona, playbook), options);
  return { ...rest, entries, step: (id: string) => of(entries, persona.start, id) };
}

describe('001.renewal-reminders', () => {
  it('reminds 60, 30, 14, 7 and 1 days before, at ten in the morning on both sides of summer time, and renews on the day', async () => {
    const { entries, step, outcome, history } = await live(renewalPersona());
    console.log(entries.map((e) => `${e.at} ${e.step} ${e.outcome} ${e.template ?? ''} ${e.reason}`).join('\n'), outcome, history);
    expect(step('reminder-60')).toEqual(['2027-01-30 10:00 sent renewal_value_summary']);
    expect(step('renewal-notice')).toEqual(['2027-03-01 10:00 sent renewal_notice']);
  });
});
