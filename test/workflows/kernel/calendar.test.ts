import { describe, expect, it } from 'vitest';
import { parseDuration } from '../../../workflows/contracts/time.ts';
import {
  addBusinessDays,
  addLocalDays,
  addOffset,
  adjustToWorkingDay,
  fromLocal,
  localMidnight,
  nextOpening,
  offsetAt,
  toLocal,
} from '../../../workflows/kernel/calendar.ts';
import { at, iso } from './fixtures.ts';
import { UTC, zoneOf } from './zones.ts';

const wall = (text: string) => at(`${text}Z`);
const week = { weekend: [6, 7], holidays: ['2026-04-06', '2026-12-25'] };

describe('local time', () => {
  it.each([
    ['Europe/Berlin', '2026-03-29T02:30:00', '2026-03-29T01:00:00.000Z', 'a gap: the first instant after it'],
    ['Europe/Berlin', '2026-03-29T03:00:00', '2026-03-29T01:00:00.000Z', 'the end of the gap'],
    ['Europe/Berlin', '2026-10-25T02:30:00', '2026-10-25T00:30:00.000Z', 'an overlap: the first of the two'],
    ['Europe/Berlin', '2026-10-25T03:00:00', '2026-10-25T02:00:00.000Z', 'after the overlap'],
    ['Australia/Lord_Howe', '2026-10-04T02:15:00', '2026-10-03T15:30:00.000Z', 'a gap of half an hour'],
    ['Australia/Lord_Howe', '2026-04-05T01:45:00', '2026-04-04T14:45:00.000Z', 'an overlap of half an hour'],
    ['Asia/Kathmandu', '2026-07-01T09:00:00', '2026-07-01T03:15:00.000Z', 'an offset of 5 h 45 min'],
    ['America/St_Johns', '2026-01-01T00:00:00', '2026-01-01T03:30:00.000Z', 'an offset of −3 h 30 min'],
  ])('%s %s is %s (%s)', (zone, local, expected) => {
    expect(iso(fromLocal(zoneOf(zone), wall(local)))).toBe(expected);
  });

  it('takes the second of the two when the first is over', () => {
    expect(iso(fromLocal(zoneOf('Europe/Berlin'), wall('2026-10-25T02:30:00'), at('2026-10-25T00:45:00Z')))).toBe(
      '2026-10-25T01:30:00.000Z',
    );
  });

  it('uses the nearest offset outside the years that the rules cover', () => {
    expect(offsetAt(zoneOf('Europe/Berlin'), at('1990-07-01T00:00:00Z'))).toBe(60);
    expect(offsetAt(zoneOf('Europe/Berlin'), at('2090-07-01T00:00:00Z'))).toBe(60);
    expect(iso(fromLocal(zoneOf('Europe/Berlin'), wall('2090-07-01T09:00:00')))).toBe('2090-07-01T08:00:00.000Z');
    expect(offsetAt({ id: 'X', tzdb: '', from: [], offsets: [] }, 0)).toBe(0);
  });

  it('reads the wall of an instant', () => {
    expect(iso(toLocal(zoneOf('Europe/Berlin'), at('2026-07-01T10:00:00Z')))).toBe('2026-07-01T12:00:00.000Z');
    expect(iso(localMidnight(zoneOf('Asia/Kathmandu'), '2026-07-01'))).toBe('2026-06-30T18:15:00.000Z');
  });
});

describe('offsets', () => {
  const berlin = zoneOf('Europe/Berlin');
  it.each([
    ['P1D', '2026-03-28T10:00:00Z', '2026-03-29T10:00:00.000Z', 'a day is 24 hours, over a change of clocks too'],
    ['P1M', '2026-01-31T12:00:00Z', '2026-02-28T12:00:00.000Z', 'the end of a shorter month'],
    ['P1M', '2028-01-31T12:00:00Z', '2028-02-29T12:00:00.000Z', 'a leap year'],
    ['P1M', '2026-03-15T11:00:00Z', '2026-04-15T10:00:00.000Z', 'a month keeps the local time'],
    ['-P1M', '2026-03-31T10:00:00Z', '2026-02-28T11:00:00.000Z', 'a month back'],
    ['P1Y', '2028-02-29T12:00:00Z', '2029-02-28T12:00:00.000Z', 'a year from a leap day'],
    ['P1M1DT1H', '2026-01-31T12:00:00Z', '2026-03-01T13:00:00.000Z', 'months first, then the rest'],
  ])('%s after %s is %s (%s)', (offset, from, expected) => {
    expect(iso(addOffset(berlin, at(from), parseDuration(offset)))).toBe(expected);
  });

  it.each([
    ['P1D', '2026-03-28T10:00:00Z', 9 * 60, '2026-03-29T07:00:00.000Z', 'calendar days at a local time'],
    ['P0D', '2026-03-28T23:30:00Z', 9 * 60, '2026-03-29T07:00:00.000Z', 'the local day, not that of UTC'],
    ['P1D', '2026-03-28T10:00:00Z', 2 * 60 + 30, '2026-03-29T01:00:00.000Z', 'a local time that the day has not'],
    ['-P30D', '2026-04-06T10:00:00Z', 9 * 60, '2026-03-07T08:00:00.000Z', 'days back'],
    ['PT36H', '2026-03-20T10:00:00Z', 9 * 60, '2026-03-21T08:00:00.000Z', 'hours before the day is taken'],
  ])('%s after %s at minute %i is %s (%s)', (offset, from, minute, expected) => {
    expect(iso(addLocalDays(berlin, at(from), parseDuration(offset), minute))).toBe(expected);
  });
});

describe('working days', () => {
  const berlin = zoneOf('Europe/Berlin');
  it.each([
    [1, '2026-04-02T08:00:00Z', '2026-04-03T08:00:00.000Z', 'Thursday to Friday'],
    [1, '2026-04-03T08:00:00Z', '2026-04-07T08:00:00.000Z', 'over a weekend and a holiday'],
    [3, '2026-03-27T10:00:00Z', '2026-04-01T09:00:00.000Z', 'keeping the local time over a change of clocks'],
    [-1, '2026-04-07T08:00:00Z', '2026-04-03T08:00:00.000Z', 'backwards'],
    [0, '2026-04-04T08:00:00Z', '2026-04-04T08:00:00.000Z', 'none'],
  ])('%i from %s is %s (%s)', (n, from, expected) => {
    expect(iso(addBusinessDays(berlin, week, at(from), n))).toBe(expected);
  });

  it('moves off a weekend or holiday, forwards or backwards', () => {
    expect(iso(adjustToWorkingDay(berlin, week, at('2026-04-04T08:00:00Z'), 'following'))).toBe(
      '2026-04-07T08:00:00.000Z',
    );
    expect(iso(adjustToWorkingDay(berlin, week, at('2026-04-06T08:00:00Z'), 'preceding'))).toBe(
      '2026-04-03T08:00:00.000Z',
    );
    expect(iso(adjustToWorkingDay(berlin, week, at('2026-04-07T08:00:00Z'), 'preceding'))).toBe(
      '2026-04-07T08:00:00.000Z',
    );
  });

  it('returns from a calendar without a single working day', () => {
    const never = { weekend: [1, 2, 3, 4, 5, 6, 7], holidays: [] };
    expect(adjustToWorkingDay(UTC, never, 0, 'following')).toBeGreaterThan(0);
    expect(addBusinessDays(UTC, never, 0, 1)).toBeGreaterThan(0);
  });
});

describe('send windows', () => {
  const office = { from: 9 * 60, to: 18 * 60 };
  const weekdays = { ...office, weekdays: [1, 2, 3, 4, 5] };
  const night = { from: 22 * 60, to: 6 * 60 };
  it.each([
    ['Europe/Berlin', office, '2026-03-23T08:00:00Z', '2026-03-23T08:00:00.000Z', 'opens at its first minute'],
    ['Europe/Berlin', office, '2026-03-23T07:59:59Z', '2026-03-23T08:00:00.000Z', 'before it opens'],
    ['Europe/Berlin', office, '2026-03-23T16:59:59Z', '2026-03-23T16:59:59.000Z', 'its last second'],
    ['Europe/Berlin', office, '2026-03-23T17:00:00Z', '2026-03-24T08:00:00.000Z', 'its end is outside'],
    [
      'Europe/Berlin',
      office,
      '2026-03-28T20:00:00Z',
      '2026-03-29T07:00:00.000Z',
      'the morning after a change of clocks',
    ],
    ['Europe/Berlin', weekdays, '2026-03-27T17:30:00Z', '2026-03-30T07:00:00.000Z', 'Friday evening to Monday'],
    ['Europe/Berlin', night, '2026-03-23T12:00:00Z', '2026-03-23T21:00:00.000Z', 'a window over midnight'],
    ['Europe/Berlin', night, '2026-03-23T02:00:00Z', '2026-03-23T02:00:00.000Z', 'inside it after midnight'],
    ['Asia/Kathmandu', office, '2026-03-23T12:15:00Z', '2026-03-24T03:15:00.000Z', 'a zone of 45 minutes'],
    ['Pacific/Kiritimati', office, '2026-03-23T12:00:00Z', '2026-03-23T19:00:00.000Z', 'fourteen hours east'],
  ])('in %s %o a due of %s goes at %s (%s)', (zone, window, from, expected) => {
    expect(iso(nextOpening(zoneOf(zone), window, at(from)))).toBe(expected);
  });
});
