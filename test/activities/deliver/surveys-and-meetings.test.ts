import { and, eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { placeHold } from '../../../db/queries/holds/place-hold.ts';
import { insertTemplate } from '../../../db/queries/playbooks/insert-template.ts';
import { answerSurvey } from '../../../db/queries/surveys/answer-survey.ts';
import { bookMeeting } from '../../../db/queries/tasks/book-meeting.ts';
import { completeTask } from '../../../db/queries/tasks/complete-task.ts';
import { closeOpened } from '../../../db/queries/touches/close-opened.ts';
import { decisions, deliveries, pages, surveys, tasks } from '../../../db/schema/index.ts';
import { readSurvey } from '../../../activities/survey-token.ts';
import { Playbook } from '../../../workflows/contracts/playbook.ts';
import { HOUR, START, addAccount, addJourney, createWorld, publish } from './fixture.ts';
import type { World } from './fixture.ts';

const DAY = 24 * HOUR;
const asks = {
  kind: 'survey',
  class: 'service',
  channel: 'email',
  due: { window: 'none' },
  template: 'asks',
  survey: { question: 'How likely are you to recommend us?', from: 0, to: 10 },
  open: { expires: { from: 'start', after: 'P10D' } },
};
const onboarding = Playbook.parse({
  id: '900.asking',
  kind: 'onboarding',
  title: 'Asking',
  summary: '',
  fulfils: ['001.onboarding.starter'],
  reads: { facts: { seats: { type: 'number', doc: 'x' } }, metrics: {}, events: {} },
  stages: [
    {
      id: 'only',
      title: 'Only',
      enter: 'journey',
      steps: [
        { id: 'day-7', title: 'Day 7', ...asks },
        { id: 'day-30', title: 'Day 30', ...asks },
        {
          id: 'kick-off',
          kind: 'meeting',
          title: 'Kick-off',
          class: 'service',
          due: { window: 'none' },
          task: {
            owner: 'csm',
            instructions: 'Meet them.',
            sla: 'P2D',
            minutes: 60,
            attendees: 'sponsor and admin',
            page: 'warning',
            data: { seats: 'facts.seats * 2.0' },
          },
          open: { expires: { from: 'start', after: 'P5D' }, otherwise: 'missed' },
        },
        {
          id: 'broken',
          kind: 'task',
          title: 'Broken',
          class: 'service',
          due: { window: 'none' },
          task: { owner: 'csm', instructions: 'x', data: { seats: '10 / (2 - 2)' } },
        },
      ],
    },
  ],
});

let world: World;
let of: Awaited<ReturnType<typeof publish>>;
beforeAll(async () => {
  world = await createWorld();
  of = await publish(world, onboarding);
  await insertTemplate(world.db, {
    compiled: {
      id: 'asks',
      major: 1,
      channel: 'email',
      class: 'service',
      variables: {},
      used: ['survey_link'],
      parts: { subject: 'A question', html: '<a href="{{ survey_link }}">x</a>', text: '{{ survey_link }}' },
      sha256: 'asks-1',
    },
    now: new Date(START - HOUR),
  });
});
afterAll(() => world.close());
beforeEach(() => {
  world.time.now = START;
  world.mailer.left.length = 0;
});

async function asked(step = 'day-7') {
  const account = await addAccount(world);
  await world.database.sql`update accounts set facts = '{"seats": 4}' where id = ${account.id}`;
  const journey = await addJourney(world, account.id, { of });
  const outcome = await world.run('deliver', journey.touch(step));
  return { account, journey, outcome };
}
const surveyOf = async (journeyId: string) =>
  (await world.db.select().from(surveys).where(eq(surveys.journeyId, journeyId)))[0]!;
const toldTo = async (journeyId: string) =>
  (await world.db.select().from(deliveries).where(eq(deliveries.journeyId, journeyId))).map((one) => one.happening);
const said = (journeyId: string, step: string) =>
  world.db
    .select()
    .from(decisions)
    .where(and(eq(decisions.journeyId, journeyId), eq(decisions.step, step)));

describe('a survey', () => {
  it('is a mail with a signed link that stays open for its answer', async () => {
    const { account, journey, outcome } = await asked();
    expect(outcome).toEqual({ is: 'sent', opens: true });
    const link = /\/s\/([\w-]+)$/.exec(world.mailer.left[0]!.text)![1]!;
    expect(readSurvey(link, world.deps.settings.secret)).toEqual({ journeyId: journey.id, step: 'day-7', n: 1 });
    expect(
      readSurvey(link.slice(0, -1) + (link.endsWith('A') ? 'B' : 'A'), world.deps.settings.secret),
    ).toBeUndefined();
    expect(await surveyOf(journey.id)).toMatchObject({
      state: 'open',
      contactId: account.contact,
      scaleTo: 10,
      expiresAt: new Date(START + 10 * DAY),
    });
  });

  it('takes the first answer, tells the run its score and keeps the words to itself', async () => {
    const { journey } = await asked();
    const { id } = await surveyOf(journey.id);
    const answer = { id, comment: 'It is Ada who likes it', actor: 'ada', now: new Date(START + HOUR) };
    await expect(answerSurvey(world.db, { ...answer, score: 11 })).rejects.toMatchObject({ code: 'invalid-request' });
    await answerSurvey(world.db, { ...answer, score: 9 });
    await expect(answerSurvey(world.db, { ...answer, score: 1 })).rejects.toMatchObject({ code: 'already-decided' });
    const told = await toldTo(journey.id);
    expect(told).toMatchObject([{ t: 'fact', step: 'day-7', what: 'answered', value: 9 }]);
    expect(JSON.stringify(told)).not.toContain('Ada');
    expect(await surveyOf(journey.id)).toMatchObject({ state: 'answered', score: 9, comment: answer.comment });
    expect(await said(journey.id, 'day-7')).toMatchObject([{ outcome: 'answered', details: { score: 9 } }]);
  });

  it('closes at its expiry', async () => {
    const { journey } = await asked();
    const { id } = await surveyOf(journey.id);
    const late = { id, score: 5, actor: 'ada', now: new Date(START + 11 * DAY) };
    await expect(answerSurvey(world.db, late)).rejects.toMatchObject({ code: 'gone' });
    expect(await surveyOf(journey.id)).toMatchObject({ state: 'expired' });
  });

  it('is put to one contact at most once in 30 days, but for a journey that asks by its own calendar', async () => {
    const { account, journey } = await asked();
    const other = await addJourney(world, account.id, { of, key: 'other' });
    const again = other.touch('day-30', { staleAfter: START + 90 * DAY });
    world.time.now = START + 23 * DAY;
    const own = journey.touch('day-30', { staleAfter: START + 90 * DAY });
    expect(await world.run('deliver', own)).toMatchObject({ is: 'sent' });
    world.time.now = START + 29 * DAY;
    expect(await world.run('deliver', again)).toEqual({ is: 'skipped', reason: 'survey-fatigue' });
    world.time.now = START + 54 * DAY;
    expect(await world.run('deliver', { ...again, n: 2 })).toMatchObject({ is: 'sent' });
  });

  it('is put to one contact once, also by two journeys that ask while the first is at its provider', async () => {
    const account = await addAccount(world);
    const first = await addJourney(world, account.id, { of });
    const second = await addJourney(world, account.id, { of, key: 'other' });
    const meanwhile: unknown[] = [];
    world.mailer.answers.push(async () => void meanwhile.push(await world.run('deliver', second.touch('day-7'))));
    expect(await world.run('deliver', first.touch('day-7'))).toMatchObject({ is: 'sent' });
    expect(meanwhile).toEqual([{ is: 'skipped', reason: 'survey-fatigue' }]);
    expect(world.mailer.left).toHaveLength(1);
  });

  it.each(['sev1', 'support-negative'])('waits while a %s hold is open', async (level) => {
    const account = await addAccount(world);
    const journey = await addJourney(world, account.id, { of });
    const given = { accountId: account.id, level, reason: 'x', actor: 'test', now: new Date(START), patienceMs: 0 };
    const { hold } = await placeHold(world.db, given);
    // Even a kind of journey that outranks the hold does not ask then.
    const policy = { ...world.deps.settings.policy, levelOf: { onboarding: 'billing-pause' } };
    const settings = { ...world.deps.settings, policy };
    expect(await world.run('deliver', journey.touch('day-7'), { settings })).toMatchObject({
      is: 'held',
      hold: `hold:${hold.id}`,
      reason: 'bad-time-to-ask',
    });
    const skips = { ...settings, policy: { ...policy, surveys: { ...policy.surveys, silent: 'skip' as const } } };
    expect(await world.run('deliver', journey.touch('day-7'), { settings: skips })).toMatchObject({
      is: 'skipped',
      reason: 'bad-time-to-ask',
    });
  });
});

describe('a meeting', () => {
  const meetingOf = async (journeyId: string) =>
    (await world.db.select().from(tasks).where(eq(tasks.journeyId, journeyId)))[0]!;

  it('is a task with its attendees, figures and date, and calls its pager once', async () => {
    const { journey, outcome } = await asked('kick-off');
    expect(outcome).toEqual({ is: 'sent', opens: true });
    expect(await meetingOf(journey.id)).toMatchObject({
      kind: 'meeting',
      minutes: 60,
      attendees: 'sponsor and admin',
      data: { seats: 8 },
      owner: 'grace',
      dueAt: new Date(START + 2 * DAY),
      bookedFor: null,
    });
    await world.run('deliver', journey.touch('kick-off'));
    const called = await world.db.select().from(pages).where(eq(pages.journeyId, journey.id));
    expect(called).toMatchObject([{ severity: 'warning', role: 'csm', state: 'triggered' }]);
    const { id } = await meetingOf(journey.id);
    await completeTask(world.db, { id, what: 'held', actor: 'grace', now: new Date(START + HOUR) });
    const [call] = await world.db.select().from(pages).where(eq(pages.journeyId, journey.id));
    expect(call).toMatchObject({ state: 'resolved' });
  });

  it('that an event has done calls nobody any more', async () => {
    const { journey } = await asked('kick-off');
    const { steps } = journey.touching('kick-off');
    const done = {
      ...steps['kick-off']!,
      st: 'done' as const,
      since: START,
      at: START + HOUR,
      outcome: 'completed' as const,
    };
    const state = { ...journey.state, steps: { ...steps, 'kick-off': done } };
    await world.db.transaction((tx) => closeOpened(tx, { journeyId: journey.id, state, at: new Date(START + HOUR) }));
    expect(await meetingOf(journey.id)).toMatchObject({ state: 'completed', completedBy: 'system' });
    const [call] = await world.db.select().from(pages).where(eq(pages.journeyId, journey.id));
    expect(call).toMatchObject({ state: 'acknowledged', changedAt: new Date(START + HOUR) });
  });

  it.each([
    ['held', 'completed', 'meeting-held'],
    ['no-show', 'missed', 'no-show'],
  ] as const)(
    'is booked, booked anew, and %s: the first word wins, and the run hears all of it',
    async (what, state, reason) => {
      const { journey } = await asked('kick-off');
      const { id } = await meetingOf(journey.id);
      const now = new Date(START + HOUR);
      const book = (at: number) => bookMeeting(world.db, { id, at: new Date(at), actor: 'ada', now });
      await expect(book(START)).rejects.toMatchObject({ code: 'invalid-date' });
      await book(START + DAY);
      expect(await book(START + 2 * DAY)).toMatchObject({ bookedFor: new Date(START + 2 * DAY) });
      await completeTask(world.db, { id, what, actor: 'grace', now });
      const other = what === 'held' ? 'no-show' : 'held';
      await expect(completeTask(world.db, { id, what: other, actor: 'x', now })).rejects.toMatchObject({
        code: 'already-decided',
      });
      await expect(book(START + DAY)).rejects.toMatchObject({ code: 'already-decided' });
      expect(await meetingOf(journey.id)).toMatchObject({ state, outcome: what, completedBy: 'grace' });
      expect((await toldTo(journey.id)).map((one) => (one as { what: string }).what)).toEqual([
        'booked',
        'booked',
        what,
      ]);
      expect(await said(journey.id, 'kick-off')).toMatchObject([{ kind: 'meeting', outcome: what, reason }]);
    },
  );

  it('is the only task that is held or booked', async () => {
    const { journey } = await asked('broken');
    const task = await meetingOf(journey.id);
    const now = new Date(START);
    await expect(completeTask(world.db, { id: task.id, what: 'held', actor: 'x', now })).rejects.toMatchObject({
      code: 'invalid-request',
    });
    await expect(
      bookMeeting(world.db, { id: task.id, at: new Date(START + DAY), actor: 'x', now }),
    ).rejects.toMatchObject({ code: 'invalid-request' });
  });

  it('fails by name when its figures cannot be worked out', async () => {
    const account = await addAccount(world);
    const journey = await addJourney(world, account.id, { of });
    expect(await world.run('deliver', journey.touch('broken'))).toEqual({ is: 'failed', reason: 'data-error' });
    expect(await meetingOf(journey.id)).toMatchObject({
      ownerRole: 'operations',
      key: expect.stringMatching(/data-error$/),
    });
  });
});
