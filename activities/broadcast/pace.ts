import { setTimeout as delay } from 'node:timers/promises';

/** Takes so many turns from those that all processes share; answers when the first of them is, in ms of the process's real clock. */
export type TakeTurns = (turns: number) => Promise<number>;

/** Turns are taken for a fifth of a second ahead. */
const TAKES_A_SECOND = 5;

/** A turn every so often, in the order in which it is asked for: `perSecond` turns a second of all processes together, and no burst after a rest. */
export function createPace(perSecond: number, take: TakeTurns): () => Promise<void> {
  const every = 1000 / perSecond;
  const most = Math.max(1, Math.round(perSecond / TAKES_A_SECOND));
  let taken: { next: number; left: number } | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  const next = async () => {
    // What was taken and not used in its time is gone.
    if (!taken || taken.left === 0 || taken.next + most * every < Date.now())
      taken = { next: await take(most), left: most };
    const at = taken.next;
    taken.next += every;
    taken.left--;
    return at;
  };
  return async () => {
    const mine = turn.then(next);
    turn = mine.catch(() => undefined);
    const wait = (await mine) - Date.now();
    if (wait >= 1) await delay(wait);
  };
}
