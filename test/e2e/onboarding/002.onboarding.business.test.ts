import { describe, expect, it } from 'vitest';
import { START, customer, event, fact, live, of, sentOn } from './stories.ts';
import type { Task } from './stories.ts';

const PLAYBOOK = '002.onboarding.business';
const hours = ({ at }: Task) => (Date.parse(at) - Date.parse(START)) / 3_600_000;
const about = (tasks: Task[], step: string) =>
  tasks.filter((task) => task.step === step).map((task) => [task.ownerRole, hours(task)]);

describe(PLAYBOOK, () => {
  it('has the CEO call within the day, and manager, plan, KPIs, channel and review by their dates', async () => {
    const story = await live(
      PLAYBOOK,
      customer('business', {
        events: [
          event('PT5H', 'success_manager_assigned'),
          event('P2D', 'priority_channel_live'),
          event('P5D', 'kpis_agreed'),
          event('P21D', 'quarterly_review_dated'),
          event('P60D', 'kpis_reached'),
        ],
        facts: [
          fact('PT2H', 'ceo-call', 'booked'),
          fact('PT20H', 'ceo-call', 'held'),
          fact('P2DT4H', 'plan-meeting', 'held'),
          fact('P3D', 'foundations', 'completed', 'plan'),
          fact('P4DT4H', 'kpi-meeting', 'held'),
        ],
      }),
    );
    expect(about(story.tasks, 'ceo-call')).toEqual([['ceo', 0]]);
    const meetings = story.tasks.filter(({ kind }) => kind === 'meeting');
    expect(meetings.map(({ step, ownerRole, minutes }) => [step, ownerRole, minutes])).toEqual([
      ['ceo-call', 'ceo', 30],
      ['plan-meeting', 'csm', 60],
      ['kpi-meeting', 'csm', 45],
    ]);
    expect(sentOn(story, 'email')).toEqual([
      'PT0S ceo_personal_welcome',
      'PT5H manager_introduction',
      'P60D milestone_celebration',
    ]);
    expect(of(story, 'plan-and-kpis')).toEqual(['P5D met early']);
    expect(of(story, 'quarterly-review-dated')).toEqual(['P21D met early']);
    expect(of(story, 'date-quarterly-review').map((line) => line.split(' ')[1])).toEqual(['sent', 'completed']);
    expect(story.outcome).toBe('completed');
  });

  it('reminds the CEO after 12 hours and calls the head of customer success after 24, when nothing happens at all', async () => {
    const story = await live(PLAYBOOK, customer('business'));
    expect(about(story.tasks, 'ceo-call')).toEqual([
      ['ceo', 0],
      ['ceo', 12],
      ['head-of-cs', 24],
    ]);
    expect(about(story.tasks, 'assign-manager')).toEqual([
      ['head-of-cs', 0],
      ['cs-lead', 24],
    ]);
    expect(about(story.tasks, 'priority-channel')).toEqual([
      ['support-lead', 0],
      ['head-of-cs', 72],
    ]);
    expect(of(story, 'plan-and-kpis')).toEqual(['P6D missed missed']);
    expect(about(story.tasks, 'plan-recovery')).toEqual([
      ['csm', 144],
      ['head-of-cs', 192],
    ]);
    expect(of(story, 'quarterly-review-dated')).toEqual(['P29D missed missed']);
    expect(about(story.tasks, 'quarterly-review-overdue')).toEqual([['head-of-cs', 696]]);
    expect(story.outcome).toBe('completed-late');
  });

  it('does not remind of a call that is booked, and counts a no-show as no call', async () => {
    const story = await live(
      PLAYBOOK,
      customer('business', {
        facts: [fact('PT11H', 'ceo-call', 'booked'), fact('PT23H', 'ceo-call', 'no-show')],
        events: [event('P2D', 'customer.churned')],
      }),
    );
    expect(about(story.tasks, 'ceo-call')).toEqual([['ceo', 0]]);
    expect(of(story, 'ceo-call').at(-1)).toBe('PT23H no-show no-show');
    expect(about(story.tasks, 'ceo-call-again')).toEqual([['head-of-cs', 23]]);
    expect(story.mails.find(({ template }) => template === 'ceo_personal_welcome')?.text).toMatch(/\n\nThe CEO\n/);
  });

  it('records the breach of a call that is booked and held too late', async () => {
    const story = await live(
      PLAYBOOK,
      customer('business', {
        facts: [fact('PT1H', 'ceo-call', 'booked'), fact('PT26H', 'ceo-call', 'held')],
        events: [event('P2D', 'customer.churned')],
      }),
    );
    expect(about(story.tasks, 'ceo-call')).toEqual([
      ['ceo', 0],
      ['head-of-cs', 24],
    ]);
    expect(of(story, 'ceo-call').at(-1)).toBe('P1DT2H held meeting-held');
  });
});
