import { condition, defineSignal, proxyActivities, setHandler, sleep } from '@temporalio/workflow';

const { seenTime } = proxyActivities<{ seenTime(): Promise<number> }>({ startToCloseTimeout: '20s' });

/** Sleeps that long, then tells the time that its activity and it itself saw. */
export async function sleeper(ms: number): Promise<{ activity: number; workflow: number }> {
  await sleep(ms);
  const activity = await seenTime();
  return { activity, workflow: Date.now() };
}

/** Sleeps that many days, one at a time. */
export async function dayByDay(days: number): Promise<number> {
  for (let day = 0; day < days; day++) await sleep('1 day');
  return Date.now();
}

/** Waits without end for a signal. */
export async function waiter(): Promise<void> {
  let done = false;
  setHandler(defineSignal('end'), () => {
    done = true;
  });
  await condition(() => done);
}
