import { describe, expect, test } from 'vitest';
import { modelOf } from '../../../playbooks/scores/read-models.ts';
import { settleBand } from '../../../playbooks/scores/settle-band.ts';
import type { Settled } from '../../../playbooks/scores/settle-band.ts';

const MODEL = modelOf('002.health.score');
const DAY = 86_400_000;

/** The band in force after each [day, band of the score]. */
function follow(...scores: [number, string][]): string[] {
  let state: Settled | undefined;
  return scores.map(([day, band]) => {
    state = settleBand(MODEL, state, { band, at: day * DAY, improvesAfter: 7 * DAY });
    return state.auto;
  });
}

describe('a band', () => {
  test('is worse at once', () => {
    expect(follow([0, 'low'], [1, 'medium'], [2, 'high'])).toEqual(['low', 'medium', 'high']);
  });

  test('is better only when it has lasted seven days', () => {
    expect(follow([0, 'high'], [1, 'low'], [7, 'low'], [7.99, 'low'], [8, 'low'])).toEqual([
      ...['high', 'high', 'high', 'high'],
      'low',
    ]);
  });

  test('begins its seven days anew when it falls back', () => {
    expect(follow([0, 'high'], [1, 'medium'], [5, 'high'], [6, 'medium'], [9, 'medium'], [13, 'medium'])).toEqual([
      ...['high', 'high', 'high', 'high', 'high'],
      'medium',
    ]);
  });

  test('improves to the worst that it was in those days, and further after seven more', () => {
    expect(follow([0, 'high'], [1, 'low'], [4, 'medium'], [8, 'low'], [14, 'low'], [15, 'low'])).toEqual([
      ...['high', 'high', 'high', 'medium', 'medium'],
      'low',
    ]);
  });
});
