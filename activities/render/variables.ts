import { z } from 'zod';
import type { TemplateVariable } from './template-schema.ts';

const CURRENCIES = new Set(Intl.supportedValuesOf('currency'));

const kinds: Record<TemplateVariable['type'], z.ZodType> = {
  string: z.string(),
  number: z.number(),
  money: z.strictObject({ amount: z.int(), currency: z.string().refine((code) => CURRENCIES.has(code)) }),
  date: z.union([z.iso.datetime({ offset: true }), z.iso.date()]),
  url: z.string().refine(isWebLink),
  list: z.array(z.string()).min(1),
};

function isWebLink(value: string): boolean {
  // The parser forgives line breaks and quotes, which could leave an attribute or start a line: they are refused first.
  return /^https?:\/\/[^\s<>"'\\]+$/i.test(value) && URL.canParse(value);
}

/** Why a value does not fit its declaration, without the value itself; undefined when it does. */
export function variableProblem(variable: TemplateVariable, value: unknown): string | undefined {
  if (value === undefined || value === null || value === '') return variable.required ? 'is missing' : undefined;
  return kinds[variable.type].safeParse(value).success ? undefined : `is no ${variable.type}`;
}
