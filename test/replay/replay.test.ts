import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DeterminismViolationError } from '@temporalio/workflow';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '../../temporal-config/root.ts';
import { replay } from './replay-history.ts';
import type { HistoryJson } from './replay-history.ts';

const folder = join(projectRoot(), 'test', 'replay', 'histories');
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
const read = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as HistoryJson;

describe('recorded histories', () => {
  it.each(files)('%s replays with the same commands and the same timer durations', async (name) => {
    const { replayed, recorded } = await replay(read(name), name);
    expect(recorded.length).toBeGreaterThan(0);
    expect(replayed).toEqual(recorded);
  });

  it('there is one for each shape of a trial and for what only the other kinds do', () => {
    const scenarios = files.map((name) => name.split('__')[1]);
    expect(scenarios).toEqual(expect.arrayContaining(['expired', 'converted', 'paused', 'extended', 'continued']));
    expect(new Set(files.map((name) => name.split('__')[0]))).toEqual(
      new Set(['trialJourney', 'onboardingJourney', 'renewalJourney', 'churnSaveJourney', 'platformIncidentJourney']),
    );
  });
});

describe.each([
  ['a trial', 'trialJourney__expired__'],
  ['a migration', 'onboardingJourney__migrated__'],
])('a doctored history of %s', (_of, prefix) => {
  const name = files.find((file) => file.startsWith(prefix));

  it('with another activity than the code schedules fails', async () => {
    const history = read(name!);
    const event = history.events.find((e) => e.activityTaskScheduledEventAttributes?.activityType.name === 'deliver');
    event!.activityTaskScheduledEventAttributes!.activityType.name = 'escalate';
    await expect(replay(history, name!)).rejects.toThrow(DeterminismViolationError);
  });

  it('with a timer of another length is noticed', async () => {
    const history = read(name!);
    const timer = history.events.find((e) => e.timerStartedEventAttributes);
    timer!.timerStartedEventAttributes!.startToFireTimeout = '1s';
    const { replayed, recorded } = await replay(history, name!);
    expect(replayed).not.toEqual(recorded);
  });
});
