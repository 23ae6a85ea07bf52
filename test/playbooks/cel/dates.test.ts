import { describe, expect, it } from 'vitest';
import { laterBy, localDate, nextTerm, termDay } from '../../../playbooks/cel/dates.ts';

const day = (iso: string) => new Date(`${iso}T00:00:00Z`);
const said = (at: Date) => at.toISOString().slice(0, 10);

/** The dates of so many terms, each from the one before, with the day that the renewal keeps. */
function terms(from: string, iso: string, count: number): string[] {
  const dates: string[] = [];
  let [at, kept] = [day(from), 0];
  for (let i = 0; i < count; i++) {
    kept = termDay(at, kept);
    at = nextTerm(at, iso, kept);
    dates.push(said(at));
  }
  return dates;
}

describe('the end of the next term', () => {
  it.each([
    ['2027-01-31', 'P1M', ['2027-02-28', '2027-03-31', '2027-04-30', '2027-05-31']],
    ['2027-12-31', 'P1M', ['2028-01-31', '2028-02-29', '2028-03-31', '2028-04-30']],
    ['2028-02-29', 'P1Y', ['2029-02-28', '2030-02-28', '2031-02-28', '2032-02-29']],
    ['2027-03-31', 'P3M', ['2027-06-30', '2027-09-30', '2027-12-31', '2028-03-31']],
    ['2027-03-15', 'P1Y', ['2028-03-15', '2029-03-15', '2030-03-15', '2031-03-15']],
    ['2027-03-15', 'P30D', ['2027-04-14', '2027-05-14', '2027-06-13', '2027-07-13']],
  ])('of terms of %s and %s keeps the day through short months', (from, iso, dates) => {
    expect(terms(from, iso, 4)).toEqual(dates);
  });

  it.each(['P0D', 'PT0S', 'PT23H', '-P1M', '-P1Y'])('is none of a term of %s, which would renew for ever', (iso) => {
    expect(() => nextTerm(day('2027-01-31'), iso, 31)).toThrow(RangeError);
  });

  it('forgets the kept day when the date was moved away from the end of its month', () => {
    expect(termDay(day('2027-04-15'), 31)).toBe(15);
    expect(said(nextTerm(day('2027-04-15'), 'P1M', 31))).toBe('2027-05-15');
  });
});

it('counts months by the calendar and clamps to the last day', () => {
  expect(said(laterBy(day('2027-01-31'), 'P1M'))).toBe('2027-02-28');
  expect(said(laterBy(day('2027-03-31'), '-P1M'))).toBe('2027-02-28');
});

it('says which day it is somewhere', () => {
  expect(said(localDate(new Date('2027-03-31T04:00:00Z'), 'America/New_York'))).toBe('2027-03-31');
  expect(said(localDate(new Date('2027-03-31T03:59:00Z'), 'America/New_York'))).toBe('2027-03-30');
});
