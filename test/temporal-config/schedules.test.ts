import { randomUUID } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import { defaultTimes, engineScheduleId, ensureSchedules, scheduleTable } from '../../temporal-config/schedules.ts';
import { testClient } from '../support/engine.ts';

/** The schedules of a deployment of its own; they go with the test. */
async function deployed(times = defaultTimes) {
  const client = await testClient();
  const queue = `schedules-${randomUUID().slice(0, 8)}`;
  const handle = (id: string) => client.schedule.getHandle(engineScheduleId(id, queue));
  onTestFinished(async () => void (await Promise.all(scheduleTable().map(({ id }) => handle(id).delete()))));
  const boot = (changed = times) => ensureSchedules(client, queue, changed);
  await boot();
  return { queue, handle, boot };
}

it('makes every schedule at the first boot: no overlap, a day of catching up, local time of the zone', async () => {
  const { queue, handle } = await deployed({ ...defaultTimes, zone: 'Europe/Berlin', renewalSweepAt: '06:30' });
  const all = await Promise.all(scheduleTable().map(({ id }) => handle(id).describe()));
  for (const { action, policies, state } of all) {
    expect(action).toMatchObject({ taskQueue: queue });
    expect(policies).toMatchObject({ overlap: 'SKIP', catchupWindow: 25 * 3_600_000 });
    expect(state.paused).toBe(false);
  }
  const { raw, info } = await handle('tenure-renewal-sweep').describe();
  expect(raw.schedule?.action?.startWorkflow?.priority?.priorityKey).toBe(5);
  const local = new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/Berlin', timeStyle: 'short' });
  expect(info.nextActionTimes.slice(0, 3).map((at) => local.format(at))).toEqual(['06:30', '06:30', '06:30']);
});

it('brings them up to date at later boots, and leaves paused what was paused', async () => {
  const { handle, boot } = await deployed();
  const sweep = handle('tenure-renewal-sweep');
  await sweep.pause('audit of the contracts');
  await boot({ ...defaultTimes, renewalSweepAt: '07:45' });
  const { spec, state } = await sweep.describe();
  expect(spec.calendars?.[0]).toMatchObject({ hour: [{ start: 7 }], minute: [{ start: 45 }] });
  expect(state).toMatchObject({ paused: true, note: 'audit of the contracts' });
});

it('leaves one alone that has not changed, so that no pause of that moment is lost', async () => {
  const { handle, boot } = await deployed();
  const before = (await handle('tenure-renewal-sweep').describe()).info.lastUpdatedAt;
  await boot();
  expect((await handle('tenure-renewal-sweep').describe()).info.lastUpdatedAt).toEqual(before);
});
