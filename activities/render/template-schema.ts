import { z } from 'zod';

const variableSchema = z.strictObject({
  type: z.enum(['string', 'number', 'money', 'date', 'url', 'list']),
  required: z.boolean(),
  sample: z.unknown(),
  doc: z.string().min(1),
});

/** One declared variable: `money` is `{ amount, currency }` in minor units, `date` ISO, `url` http(s), `list` of strings. */
export type TemplateVariable = z.infer<typeof variableSchema>;

/** What `template.yaml` says; `subject`, `preheader`, `eyebrow`, `title` and `action` are Liquid. */
export const templateDefinitionSchema = z
  .strictObject({
    id: z.string().regex(/^[a-z][a-z0-9_]{0,63}$/),
    major: z.int().min(1),
    channel: z.enum(['email', 'sms', 'in-app']),
    class: z.enum(['service', 'transactional', 'marketing', 'legal']),
    subject: z.string().min(1).optional(),
    title: z.string().min(1).optional(),
    preheader: z.string().min(1).optional(),
    /** Of Markdown bodies: a line over the title, and whether the shared sign-off closes it. */
    eyebrow: z.string().min(1).optional(),
    signOff: z.boolean().optional(),
    action: z.strictObject({ label: z.string().min(1), url: z.string().min(1) }).optional(),
    variables: z.record(z.string().regex(/^[a-z][a-z0-9_]{0,63}$/), variableSchema),
  })
  .superRefine((t, context) => {
    const wrong = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if (t.channel === 'email' && t.subject === undefined) wrong('subject', 'an email needs a subject');
    if (t.channel !== 'email' && t.subject !== undefined) wrong('subject', 'only an email has a subject');
    if (t.channel !== 'email' && t.preheader !== undefined) wrong('preheader', 'only an email has a preheader');
    if (t.channel !== 'email' && t.eyebrow !== undefined) wrong('eyebrow', 'only an email has an eyebrow');
    if (t.channel !== 'email' && t.signOff !== undefined) wrong('signOff', 'only an email has a sign-off');
    if (t.channel === 'in-app' && t.title === undefined) wrong('title', 'an in-app message needs a title');
    if (t.channel !== 'in-app' && t.title !== undefined) wrong('title', 'only an in-app message has a title');
    if (t.channel !== 'in-app' && t.action !== undefined) wrong('action', 'only an in-app message has an action');
  });

/** The parsed `template.yaml`. */
export type TemplateDefinition = z.infer<typeof templateDefinitionSchema>;

/** The text of a template's files by name, and of the shared partials by name; `folder` names it in problems. */
export interface TemplateSource {
  folder: string;
  files: Record<string, string>;
  shared: Record<string, string>;
}

/** A publishable template: plain JSON, MJML already HTML, Liquid still inside; `sha256` covers all of it. */
export interface CompiledTemplate {
  id: string;
  major: number;
  channel: TemplateDefinition['channel'];
  class: TemplateDefinition['class'];
  variables: Record<string, TemplateVariable>;
  used: string[];
  parts: { subject?: string; title?: string; html?: string; text: string; actionLabel?: string; actionUrl?: string };
  sha256: string;
}

/** Variables that every template may use without declaring them; those with `required` must be given when used. */
export const commonVariables: Readonly<Record<string, TemplateVariable>> = {
  first_name: { type: 'string', required: false, sample: 'Ada', doc: "the contact's first name" },
  company: { type: 'string', required: false, sample: 'Lovelace & Sons', doc: "the account's name" },
  tier: { type: 'string', required: false, sample: 'Professional', doc: "the account's plan" },
  csm_name: { type: 'string', required: false, sample: 'Grace', doc: "the owner's name" },
  unsubscribe_link: {
    type: 'url',
    required: false,
    sample: 'https://app.example.com/u/sample-token',
    doc: 'one-click unsubscribe; a marketing email is not rendered without it',
  },
  survey_link: {
    type: 'url',
    required: true,
    sample: 'https://app.example.com/s/sample-token',
    doc: 'where the survey of the step is answered',
  },
  app_link: { type: 'url', required: true, sample: 'https://app.example.com', doc: 'the product, signed in' },
};
