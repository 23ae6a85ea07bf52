import type { Channel, MessageClass } from './playbook.ts';

/** One declared variable: `money` is `{ amount, currency }` in minor units, `date` ISO, `url` http(s), `list` of strings. */
export type TemplateVariable = {
  type: 'string' | 'number' | 'money' | 'date' | 'url' | 'list';
  required: boolean;
  sample: unknown;
  doc: string;
};

/** A publishable template as it is stored: plain JSON, MJML already HTML, Liquid still inside; `sha256` covers all of it. */
export type CompiledTemplate = {
  id: string;
  major: number;
  channel: Channel;
  class: MessageClass;
  variables: Record<string, TemplateVariable>;
  used: string[];
  parts: { subject?: string; title?: string; html?: string; text: string; actionLabel?: string; actionUrl?: string };
  sha256: string;
};
