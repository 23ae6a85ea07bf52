import { existsSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CompiledTemplate } from '../../../activities/render/template-schema.ts';
import { render } from '../../../activities/render/render.ts';
import type { Scope } from '../../../playbooks/cel/scope.ts';
import { commonData, judgeStep } from '../../../playbooks/judge/judge-step.ts';
import { compileTimetable } from '../../../playbooks/publish/compile-timetable.ts';
import { describePlaybook } from '../../../playbooks/publish/describe.ts';
import { playbookJsonSchema } from '../../../playbooks/publish/json-schema.ts';
import { plans } from '../../../playbooks/plans.ts';
import { checkPlaybook } from '../../../playbooks/publish/publish.ts';
import { compileShipped } from '../../../playbooks/publish/publish-shipped.ts';
import { readShipped, shippedFiles } from '../../../playbooks/publish/read-shipped.ts';
import type { Shipped } from '../../../playbooks/publish/read-shipped.ts';
import { MAX_TIMETABLE } from '../../../playbooks/publish/timetable-problems.ts';
import { resolveConfig } from '../../../playbooks/publish/resolve-config.ts';
import { triggersOf } from '../../../playbooks/triggers-of.ts';
import type { TenureError } from '../../../workflows/contracts/errors.ts';
import type { Playbook, StepSpec } from '../../../workflows/contracts/playbook.ts';
import { playbookOf, scopeOf, smallPlaybook } from '../fixture.ts';

const START = Date.UTC(2026, 2, 2, 10);
/** Every kind of plan that changes what a playbook says. */
const PLANS = ['trial', 'community', 'starter', 'professional', 'business', 'enterprise'];

let files: Shipped[];
let templates: CompiledTemplate[];
let playbooks: Playbook[];
beforeAll(async () => {
  files = await shippedFiles();
  templates = await compileShipped();
  playbooks = await Promise.all(files.map(({ id }) => readShipped(id)));
});

const stepsOf = (playbook: Playbook) => playbook.stages.flatMap((stage) => stage.steps);

/** A scope in which everything has happened that an expression may ask for. */
function lived(playbook: Playbook, plan: string): Scope {
  const each = <T>(names: Record<string, unknown>, value: T) =>
    Object.fromEntries(Object.keys(names).map((name) => [name, value]));
  const dates = Object.entries(playbook.reads.facts).filter(([, fact]) => fact.type === 'date');
  const steps = Object.fromEntries(stepsOf(playbook).map((step) => [step.id, START]));
  return scopeOf(playbook, {
    account: { id: 'acme', name: 'Acme', plan, timeZone: 'Europe/Berlin', industry: 'dental care' },
    facts: Object.fromEntries(dates.map(([name]) => [name, '2026-05-01'])),
    flags: each(playbook.flags, START),
    journey: { id: 'j-1', startedAt: START, anchors: each(playbook.anchors, START + 60 * 86_400_000) },
    sent: steps,
    offered: Object.fromEntries(stepsOf(playbook).map((step) => [step.id, playbook.offers[0]?.id ?? ''])),
    contact: null,
  });
}

/** A step once for each of its variants, whoever is in it. */
const waysOf = (step: StepSpec): StepSpec[] =>
  (step.variants ?? [undefined]).map((variant) => ({
    ...step,
    condition: undefined,
    variants: variant && [{ ...variant, when: undefined }],
  }));

describe('the shipped playbooks', () => {
  it('are valid, each in a file of its id', async () => {
    expect(files.map((file) => file.id)).toEqual(expect.arrayContaining(['000.trial-onboarding', '002.trial']));
    const kinds = new Map(playbooks.map((playbook) => [playbook.id, playbook.kind]));
    for (const { id, source } of files)
      expect(checkPlaybook(source, templates, { kinds }), id).toHaveProperty('playbook.id', id);
  });

  it('start each kind of journey of a plan by one playbook at most, where an event names no plan itself', () => {
    const plain = playbooks.flatMap((playbook) =>
      triggersOf(playbook)
        .filter((one) => one.when === undefined && one.where === undefined && one.starts !== false)
        .map((one) => `${playbook.kind}:${playbook.key ?? ''} ${one.event}`),
    );
    expect(plain.filter((one, i) => plain.indexOf(one) !== i)).toEqual([]);
  });

  it('tell an incident to affected accounts of every plan, in writing and once', async () => {
    const incident = await readShipped('000.platform-incident');
    const told = stepsOf(incident).filter((step) => step.kind === 'broadcast' && step.channel !== 'sms');
    expect(told.flatMap((step) => step.plans ?? []).sort()).toEqual(Object.keys(plans).sort());
  });

  it('fit into what a run carries', () => {
    for (const playbook of playbooks)
      expect(
        Buffer.byteLength(JSON.stringify(compileTimetable(playbook, 1, resolveConfig(playbook)))),
        playbook.id,
      ).toBeLessThanOrEqual(MAX_TIMETABLE);
  });

  it('fill every template they use, in every variant and for every plan, without personal facts', () => {
    const rendered = new Set<string>();
    for (const playbook of playbooks)
      for (const plan of PLANS)
        for (const step of stepsOf(playbook).flatMap(waysOf)) {
          if (step.kind === 'broadcast') continue;
          const scope = lived(playbook, plan);
          const judged = judgeStep(playbook, step, scope);
          if (judged.is !== 'go' || judged.template === undefined) continue;
          const template = templates.find((one) => one.id === judged.template)!;
          const links = { unsubscribe_link: 'https://app.example.com/u/x', survey_link: 'https://app.example.com/s/x' };
          const data = { ...commonData(scope), ...links, ...judged.data };
          const { text } = render(template, data, { locale: 'en-GB', zone: 'Europe/Berlin' });
          expect(text.length, template.id).toBeGreaterThan(20);
          if (template.channel === 'sms') expect(text.length, template.id).toBeLessThanOrEqual(160);
          rendered.add(template.id);
        }
    const announced = playbooks.flatMap((playbook) =>
      stepsOf(playbook).flatMap((step) =>
        step.kind === 'broadcast' ? [step.template, ...(step.variants ?? []).map((one) => one.template)] : [],
      ),
    );
    // Words of a person are put into it, whatever the playbook.
    const elsewhere = [...announced, 'edited_words'];
    const unused = templates.map((one) => one.id).filter((id) => !rendered.has(id) && !elsewhere.includes(id));
    expect(unused).toEqual([]);
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
    expect(trial).toMatchObject({ playbook: '002.trial', kind: 'trial', version: 4, trigger: 'trial_signup_complete' });
    expect(Object.keys(trial.metrics)).toEqual(['conversations', 'active_days']);
    expect(Object.keys(trial.events)).toEqual(
      expect.arrayContaining(['user_logged_in', 'purchase', 'subscription.started', 'account_deleted']),
    );
    expect(trial.commands).toEqual([
      ...['pause', 'resume', 'skip', 'run-now', 'postpone', 'extend', 'move-date', 'change-plan', 'set-owner'],
      ...['note', 'exit', 'approve', 'edit', 'reject', 'migrate'],
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
