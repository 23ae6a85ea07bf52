import { describe, expect, it } from 'vitest';
import { defaultPolicy } from '../../activities/arbiter/policy.ts';
import { composeSettings } from '../../workers/ports.ts';

describe('what a deployment says of priorities', () => {
  const levelsOf = (priorities?: string[]) =>
    composeSettings(
      { mailFrom: 'a@b.test', systemZone: 'UTC', ...(priorities && { priorities }) },
      'http://t.test',
      's',
    ).policy.levels;

  it('may order the levels anew and add some, and leaves them as they are without a word', () => {
    const turned = ['board', ...defaultPolicy.levels].reverse();
    expect(levelsOf(turned)).toEqual(turned);
    expect(levelsOf()).toEqual(defaultPolicy.levels);
  });

  it('is refused when it leaves one out, which would outrank nothing', () => {
    expect(() => levelsOf(defaultPolicy.levels.filter((level) => level !== 'sev1'))).toThrow(
      'TENURE_PRIORITIES should name every level; it lacks sev1',
    );
  });
});
