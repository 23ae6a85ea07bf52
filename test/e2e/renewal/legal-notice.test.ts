import { describe, expect, it } from 'vitest';
import { RENEWAL, START, said } from './personas.ts';
import { renewalStory } from './renewal-story.ts';

const DAY = 86_400_000;
const at = (day: string, time = '12:00:00Z') => Date.parse(`${day}T${time}`);
const begin = () => renewalStory(Date.parse(START), { renewal_date: RENEWAL, auto_renew: true });

describe('the notice 30 days before', () => {
  it('leaves in spite of a pause, a hold on the account and a more important journey, to both people, and is proven', async () => {
    const story = await begin();
    await story.at(at('2027-02-20'), async () => {
      await story.post(`/v1/journeys/${story.journey}/commands`, { id: 'p', command: 'pause', reason: 'talks' });
      await story.post('/v1/holds', { account: story.account, reason: 'escalation' });
      await story.post('/v1/holds', { account: story.account, level: 'sev1', reason: 'outage' });
    });
    await story.until(at('2027-03-20'));
    const proof = await story.proof();
    expect(proof.notices.map((one) => one.to.address).sort()).toEqual([
      'books@lakeside.example',
      'maya@lakeside.example',
    ]);
    for (const notice of proof.notices) {
      expect(said(notice.when.sent!)).toBe('2027-03-01 10:00');
      expect(said(notice.when.due!)).toBe('2027-03-01 10:00');
      expect(notice).toMatchObject({
        ...{ step: 'renewal-notice', n: 1, class: 'legal', channel: 'email' },
        what: { template: 'renewal_notice', version: expect.stringMatching(/^1\.\d+$/) },
        window: { inside: true },
        receipt: { state: 'sent', messageId: expect.stringMatching(/^<.+@.+>$/) },
      });
      expect(said(notice.window!.opens)).toBe('2027-02-14 00:00');
      expect(said(notice.window!.closes)).toBe('2027-03-16 00:00');
      expect(notice.what.subject).toBe('Your subscription renews on Wednesday, March 31, 2027');
      expect(notice.what.text).toMatch(/How to cancel/);
      expect(Object.keys(notice.headers).map((name) => name.toLowerCase())).toContain('auto-submitted');
    }
    expect(proof.decisions).toMatchObject([{ step: 'renewal-notice', outcome: 'sent' }]);
    const sent = await story.get<{ items: { step: string }[] }>(`/v1/messages?journey=${story.journey}`);
    expect(sent.items.filter(({ step }) => step === 'decision-request')).toEqual([]);
    const page = await story.rig.app.inject({
      method: 'GET',
      url: `/v1/journeys/${story.journey}/proof-of-notice?all`,
      headers: { authorization: `Bearer ${story.rig.key}`, accept: 'text/html' },
    });
    expect(page.headers['content-type']).toMatch(/^text\/html/);
    expect(page.body).toContain('sent within');
    const audit = await story.get<{ items: { action: string }[] }>(`/v1/audit?target=journey:${story.journey}`);
    expect(audit.items.filter(({ action }) => action === 'proof-of-notice.read')).toHaveLength(2);
  });

  it('kept back by a stop raises an alarm before its span closes, is not sent after it, and the proof says so', async () => {
    const story = await begin();
    await story.at(at('2027-02-10'), () => story.post('/v1/stops', { scope: 'global', reason: 'wrong mails' }));
    await story.until(at('2027-03-14'));
    const alarms = (await story.tasks()).filter((task) => task.step === 'renewal-notice' && task.state === 'open');
    // At once when it was kept back, and three days before its span closes, whatever summer time does to the night.
    const raised = [...new Set(alarms.map(({ createdAt }) => said(createdAt)))].sort();
    expect(raised).toEqual(['2027-03-01 10:00', '2027-03-12 23:00']);
    await story.until(at('2027-03-17'));
    const { items } = await story.get<{ items: { id: string }[] }>('/v1/stops');
    await story.post(`/v1/stops/${items[0]!.id}/release`, { reason: 'mended' });
    await story.until(at('2027-04-01'));
    const proof = await story.proof();
    expect(proof.notices).toEqual([]);
    expect(proof.decisions).toMatchObject([{ step: 'renewal-notice', outcome: 'skipped', reason: 'stale' }]);
    const [renewed] = await story.journeys('001.renewal-reminders');
    expect(renewed).toMatchObject({ id: story.journey, outcome: 'renewed' });
  });

  it('that can reach nobody raises an alarm at once, and leaves the day after somebody can be reached', async () => {
    const story = await begin();
    const people = (email?: string) =>
      story.rig.call('PUT', `/v1/accounts/${story.account}`, {
        ...{ name: 'Lakeside Outfitters', plan: 'professional', timeZone: 'America/New_York' },
        contacts: [{ role: 'primary', name: 'Maya', phone: '+12125550100', ...(email ? { email } : {}), consent: {} }],
      });
    await story.at(at('2027-02-10'), () => people());
    await story.at(at('2027-03-05'), () => people('maya@lakeside.example'));
    await story.until(at('2027-03-07'));
    const alarms = (await story.tasks()).filter((task) => task.step === 'renewal-notice');
    expect(alarms.map(({ createdAt }) => said(createdAt))).toEqual(['2027-03-01 10:00']);
    const { notices } = await story.proof();
    expect(notices.map(({ to, when }) => [to.address, said(when.sent!)])).toEqual([
      ['maya@lakeside.example', '2027-03-05 10:00'],
    ]);
  });

  it('leaves as soon as a stop is lifted within its span', async () => {
    const story = await begin();
    await story.at(at('2027-02-10'), () => story.post('/v1/stops', { scope: 'channel', target: 'email', reason: 'x' }));
    await story.at(at('2027-03-08'), async () => {
      const { items } = await story.get<{ items: { id: string }[] }>('/v1/stops');
      await story.post(`/v1/stops/${items[0]!.id}/release`, { reason: 'mended' });
    });
    await story.until(at('2027-03-09'));
    const { notices } = await story.proof();
    expect(notices.map(({ window, when }) => [window?.inside, said(when.sent!).slice(0, 10)])).toEqual([
      [true, '2027-03-08'],
      [true, '2027-03-08'],
    ]);
  });

  it('follows the account’s own date, earlier and later, and is sent anew for a date that moved away from it', async () => {
    const story = await begin();
    await story.at(at('2027-02-24'), () => story.event('facts_recorded', { renewal_date: '2027-03-24' }));
    await story.at(at('2027-02-27'), () => story.event('facts_recorded', { renewal_date: '2027-06-30' }));
    await story.until(at('2027-06-01'));
    const { notices } = await story.proof();
    const [first, second] = [1, 2].map((n) => notices.filter((one) => one.n === n).map((one) => said(one.when.sent!)));
    expect(first).toEqual(['2027-02-24 07:00', '2027-02-24 07:00']);
    expect(second).toEqual(['2027-05-31 10:00', '2027-05-31 10:00']);
    for (const { window } of notices) expect(window?.inside).toBe(true);
    await story.until(at('2027-06-30') + DAY);
    expect((await story.journeys('001.renewal-reminders'))[0]).toMatchObject({ outcome: 'renewed' });
  });
});
