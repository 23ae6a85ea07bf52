import { existsSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CompiledTemplate } from '../../../activities/render/template-schema.ts';
import { render } from '../../../activities/render/render.ts';
import { commonData, judgeStep } from '../../../playbooks/judge/judge-step.ts';
import { compileTimetable } from '../../../playbooks/publish/compile-timetable.ts';
import { describePlaybook } from '../../../playbooks/publish/describe.ts';
import { playbookJsonSchema } from '../../../playbooks/publish/json-schema.ts';
import { checkPlaybook } from '../../../playbooks/publish/publish.ts';
import { compileShipped } from '../../../playbooks/publish/publish-shipped.ts';
import { readShipped, shippedFiles } from '../../../playbooks/publish/read-shipped.ts';
import type { Shipped } from '../../../playbooks/publish/read-shipped.ts';
import { resolveConfig } from '../../../playbooks/publish/resolve-config.ts';
import type { TenureError } from '../../../workflows/contracts/errors.ts';
import { playbookOf, scopeOf, smallPlaybook } from '../fixture.ts';

/** High, medium and low on both days. */
const segments: Record<string, number>[] = [
  { conversations: 30, active_days: 5 },
  { conversations: 5, active_days: 2 },
  {},
];

let files: Shipped[];
let templates: CompiledTemplate[];
beforeAll(async () => {
  files = await shippedFiles();
  templates = await compileShipped();
});

describe('the shipped playbooks', () => {
  it('are valid, each in a file of its id, triggered by an event of its own', async () => {
    expect(files.map((file) => file.id)).toEqual(['000.trial-onboarding', '002.trial']);
    const triggers = new Set<string>();
    for (const { id, source } of files) {
      expect(checkPlaybook(source, templates), id).toHaveProperty('playbook.id', id);
      triggers.add((await readShipped(id)).trigger!.event);
    }
    expect([...triggers].sort()).toEqual(['trial_setup_agreed', 'trial_signup_complete']);
  });

  it('leave room in the timetable', async () => {
    for (const { id } of files) {
      const playbook = await readShipped(id);
      expect(
        Buffer.byteLength(JSON.stringify(compileTimetable(playbook, 1, resolveConfig(playbook)))),
        id,
      ).toBeLessThan(12 * 1024);
    }
  });

  it('fill every template they use, for every segment, without personal facts', async () => {
    const rendered = new Set<string>();
    for (const { id } of files) {
      const playbook = await readShipped(id);
      for (const metrics of segments) {
        const scope = scopeOf(playbook, { metrics, sent: { 'first-conversation-tutorial': 0 }, contact: null });
        for (const step of playbook.stages.flatMap((stage) => stage.steps)) {
          const judged = judgeStep(playbook, step, scope);
          if (judged.is !== 'go' || judged.template === undefined) continue;
          const template = templates.find((one) => one.id === judged.template)!;
          const data = { ...commonData(scope), unsubscribe_link: 'https://app.example.com/u/x', ...judged.data };
          const { text } = render(template, data, { locale: 'en-GB', zone: 'Europe/Berlin' });
          expect(text.length, template.id).toBeGreaterThan(20);
          if (template.channel === 'sms') expect(text.length).toBeLessThanOrEqual(160);
          rendered.add(template.id);
        }
      }
    }
    expect([...rendered].sort()).toEqual(templates.map((one) => one.id).sort());
  });

  it('are refused by an honest error when there is no such id', async () => {
    await expect(readShipped('002.nothing')).rejects.toMatchObject({
      code: 'unknown-playbook',
    } satisfies Partial<TenureError>);
  });
});

describe('a description', () => {
  it('names all that a persona may give', async () => {
    const trial = describePlaybook(await readShipped('002.trial'), 4);
    expect(trial).toMatchObject({ playbook: '002.trial', version: 4, trigger: 'trial_signup_complete' });
    expect(Object.keys(trial.metrics)).toEqual(['conversations', 'active_days']);
    expect(Object.keys(trial.events)).toEqual(
      expect.arrayContaining(['user_logged_in', 'purchase', 'subscription.started', 'account_deleted']),
    );
    expect(trial.commands).toEqual([
      'pause',
      'resume',
      'skip',
      'run-now',
      'postpone',
      'extend',
      'move-date',
      'change-plan',
      'set-owner',
      'note',
      'exit',
    ]);
    expect(trial.steps.find((step) => step.id === 'day6-offer')).toMatchObject({
      channel: 'email',
      templates: ['upgrade_with_bonus_features', 'roi_calculator_with_upgrade_path', 'personal_demo_scheduling'],
      offers: [
        'first_month_50_off_plus_premium_support',
        'extended_trial_14_days_plus_discount',
        'setup_assistance_call',
      ],
      facts: ['accepted', 'declined'],
    });
    expect(trial.outcomes.sort()).toEqual(['account-deleted', 'converted', 'expired']);
    expect(JSON.parse(JSON.stringify(trial))).toEqual(trial);
  });
});

describe('the JSON Schema', () => {
  it('is the one that the schema gives, and every playbook names it', () => {
    expect(existsSync('playbooks/playbook.schema.json')).toBe(true);
    expect(JSON.parse(readFileSync('playbooks/playbook.schema.json', 'utf8'))).toEqual(
      JSON.parse(JSON.stringify(playbookJsonSchema())),
    );
    for (const { source } of files)
      expect(source.split('\n')[0]).toBe('# yaml-language-server: $schema=../playbook.schema.json');
    expect(playbookOf(smallPlaybook()).id).toBe('900.small');
  });
});
