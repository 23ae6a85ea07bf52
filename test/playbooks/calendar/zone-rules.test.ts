import { DateTime } from 'luxon';
import { describe, expect, it } from 'vitest';
import { isTimeZone, zoneRules } from '../../../playbooks/calendar/zone-rules.ts';
import type { ZoneRules } from '../../../workflows/contracts/time.ts';

const from = Date.UTC(2026, 0, 5, 12);
const at = (rules: ZoneRules, instant: number) => rules.offsets[rules.from.findLastIndex((start) => start <= instant)];
const changes = (rules: ZoneRules, year: number) =>
  rules.from.flatMap((instant, i) =>
    i > 0 && new Date(instant).getUTCFullYear() === year ? [[new Date(instant).toISOString(), rules.offsets[i]]] : [],
  );

describe('zone rules', () => {
  it('change in Berlin twice a year at 01:00 UTC', () => {
    expect(changes(zoneRules('Europe/Berlin', from), 2026)).toEqual([
      ['2026-03-29T01:00:00.000Z', 120],
      ['2026-10-25T01:00:00.000Z', 60],
    ]);
  });

  it('move Lord Howe by half an hour', () => {
    expect(changes(zoneRules('Australia/Lord_Howe', from), 2026)).toEqual([
      ['2026-04-04T15:00:00.000Z', 630],
      ['2026-10-03T15:30:00.000Z', 660],
    ]);
  });

  it('keep quarter hours, the farthest zone and UTC whole', () => {
    expect(zoneRules('Asia/Kathmandu', from).offsets).toEqual([345]);
    expect(zoneRules('Pacific/Kiritimati', from).offsets).toEqual([840]);
    expect(zoneRules('UTC', from).offsets).toEqual([0]);
  });

  it('see both changes around Ramadan in Casablanca', () => {
    const rules = zoneRules('Africa/Casablanca', from);
    expect(changes(rules, 2027).map(([, offset]) => offset)).toEqual([0, 60]);
  });

  it.each([
    'Europe/Berlin',
    'Australia/Lord_Howe',
    'Asia/Kathmandu',
    'Africa/Casablanca',
    'Pacific/Kiritimati',
    'UTC',
    'America/St_Johns',
    'America/Sao_Paulo',
  ])('agree with a second library for every week of 12 years in %s', (zone) => {
    const rules = zoneRules(zone, from);
    for (let instant = from; instant < from + 12 * 365 * 86_400_000; instant += 6.5 * 86_400_000)
      expect(at(rules, instant), new Date(instant).toISOString()).toBe(DateTime.fromMillis(instant, { zone }).offset);
  });

  it('begin no later than asked, are in order, and name the tz database', () => {
    const rules = zoneRules('Europe/Berlin', from);
    expect(rules.from[0]).toBeLessThanOrEqual(from);
    expect(rules.from).toEqual([...rules.from].sort((a, b) => a - b));
    expect(rules.tzdb).toBe(process.versions.tz);
    expect(rules.from.at(-1)).toBeGreaterThan(from + 11 * 365 * 86_400_000);
  });

  it('are the same for two starts of one month, and refuse what is no zone', () => {
    expect(zoneRules('Europe/Paris', from)).toBe(zoneRules('Europe/Paris', from + 60_000));
    expect(() => zoneRules('Mars/Olympus', from)).toThrow(RangeError);
    expect(['Europe/Berlin', 'UTC'].map(isTimeZone)).toEqual([true, true]);
    expect(['', '+02:00', 'Mars/Olympus', '../etc', 'x'.repeat(500)].map(isTimeZone)).toEqual([
      false,
      false,
      false,
      false,
      false,
    ]);
  });
});
