import { Liquid } from 'liquidjs';
import type { FilterImplOptions } from 'liquidjs';

/** Who reads the message: an IANA zone and a BCP 47 locale. */
export interface Reader {
  zone: string;
  locale: string;
}

const ALLOWED_TAGS = [
  'assign',
  'break',
  'capture',
  'case',
  'comment',
  'continue',
  'echo',
  'for',
  'if',
  'raw',
  'unless',
];

/** The Liquid dialect of our templates: strict, no files, no escape from escaping; `html` escapes every output. */
export function createLiquid(output: 'html' | 'plain'): Liquid {
  const liquid = new Liquid({
    strictFilters: true,
    strictVariables: true,
    lenientIf: true,
    ownPropertyOnly: true,
    dynamicPartials: false,
    parseLimit: 500_000,
    memoryLimit: 10_000_000,
    ...(output === 'html' ? { outputEscape: 'escape' as const } : {}),
  });
  for (const tag of Object.keys(liquid.tags)) if (!ALLOWED_TAGS.includes(tag)) delete liquid.tags[tag];
  delete liquid.filters['raw'];
  delete liquid.filters['date'];
  liquid.registerFilter('money', money);
  liquid.registerFilter('date_long', dateLong);
  liquid.registerFilter('clock_time', clockTime);
  return liquid;
}

/** `{ amount: 2450, currency: 'USD' }` in minor units → "$24.50". */
const money: FilterImplOptions = function (value: unknown): string {
  const { amount, currency } = value as { amount: number; currency: string };
  const format = new Intl.NumberFormat(readerOf(this).locale, { style: 'currency', currency });
  return format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
};

/** An ISO instant → "Friday, November 27, 2026" in the reader's zone; a bare date is the same day everywhere. */
const dateLong: FilterImplOptions = function (value: unknown): string {
  const text = String(value);
  const reader = readerOf(this);
  const timeZone = /^\d{4}-\d{2}-\d{2}$/.test(text) ? 'UTC' : reader.zone;
  return new Intl.DateTimeFormat(reader.locale, { dateStyle: 'full', timeZone }).format(new Date(text));
};

/** An ISO instant → "4:40 PM EST" in the reader's zone: for what happens today. */
const clockTime: FilterImplOptions = function (value: unknown): string {
  const { locale, zone } = readerOf(this);
  const format = new Intl.DateTimeFormat(locale, {
    hour: 'numeric',
    minute: '2-digit',
    timeZone: zone,
    timeZoneName: 'short',
  });
  // Intl puts a narrow no-break space before AM and PM.
  return format.format(new Date(String(value))).replace(/\u202f/g, ' ');
};

function readerOf(filter: { context: { globals: object } }): Reader {
  const reader = (filter.context.globals as { reader?: Reader }).reader;
  return reader ?? { zone: 'UTC', locale: 'en-US' };
}
