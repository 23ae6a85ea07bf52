import { TenureError } from '../../workflows/contracts/errors.ts';

type Waiter = { go: () => void; timer: NodeJS.Timeout };

/** At most `most` at once for one key; a further one waits its turn for `waitMs`, then is told to come again. */
export function turns(most: number, waitMs: number) {
  const busy = new Map<string, { running: number; waiting: Waiter[] }>();

  const done = (key: string) => {
    const line = busy.get(key)!;
    const next = line.waiting.shift();
    if (next) {
      clearTimeout(next.timer);
      next.go();
    } else if (--line.running === 0) busy.delete(key);
  };

  const wait = (line: { waiting: Waiter[] }) =>
    new Promise<void>((resolve, reject) => {
      const waiter: Waiter = {
        go: resolve,
        timer: setTimeout(() => {
          line.waiting.splice(line.waiting.indexOf(waiter), 1);
          reject(
            new TenureError(
              'too-many-commands',
              `${most} commands are in flight on this journey; repeat in a second.`,
              { retryAfter: 1 },
            ),
          );
        }, waitMs),
      };
      line.waiting.push(waiter);
    });

  return async <T>(key: string, work: () => Promise<T>): Promise<T> => {
    const line = busy.get(key) ?? { running: 0, waiting: [] };
    busy.set(key, line);
    if (line.running < most) line.running += 1;
    else await wait(line);
    try {
      return await work();
    } finally {
      done(key);
    }
  };
}
