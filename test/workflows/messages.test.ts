import { expect, it } from 'vitest';
import * as workflows from '../../workflows/index.ts';
import { JourneyKind } from '../../workflows/contracts/playbook.ts';
import type { JourneyInput } from '../../workflows/contracts/journey.ts';
import { journeyStart, journeyWorkflowId, journeyWorkflowType } from '../../workflows/messages.ts';
import { Run, timetableOf } from './kernel/fixtures.ts';

it.each(JourneyKind.options)('a journey of kind %s has a workflow of that name', (kind) => {
  expect(journeyWorkflowType(kind)).toMatch(/^[a-z]+([A-Z][a-z]+)*Journey$/);
  expect(Object.keys(workflows)).toContain(journeyWorkflowType(kind));
});

it('incidents go before everything else', () => {
  const priority = (kind: string) => {
    const timetable = timetableOf([], { kind });
    const input: JourneyInput = {
      version: 1,
      journeyId: 'j',
      account: 'a',
      timetable,
      state: new Run(timetable).state,
    };
    return journeyStart(input, journeyWorkflowId(kind, 'a')).priority.priorityKey;
  };
  expect(['platform-incident', 'business-incident', 'renewal', 'trial'].map(priority)).toEqual([1, 1, 3, 3]);
});
