import { expect, it } from 'vitest';
import { said } from './personas.ts';
import { renewalStory } from './renewal-story.ts';

it('renews ten annual terms from one 29 February on, each reminded anew, each with its notice within the span', async () => {
  const story = await renewalStory(Date.parse('2027-12-20T17:00:00Z'), {
    renewal_date: '2028-02-29',
    auto_renew: true,
    renewal_decision: 'renew',
  });
  for (let year = 2028; year < 2038; year++) {
    await story.until(Date.parse(`${year}-03-02T12:00:00Z`));
    await story.event('renewal.decided', { decision: 'renew' });
  }
  const terms = await story.journeys('001.renewal-reminders');
  expect(terms.map(({ outcome }) => outcome)).toEqual([...Array(10).fill('renewed'), null]);
  const sent: string[] = [];
  for (const { id } of terms.slice(0, 10)) {
    const { notices } = await story.proof(id);
    expect(notices.map(({ window }) => window?.inside)).toEqual([true, true]);
    sent.push(said(notices[0]!.when.sent!));
  }
  // Thirty days before the last of February.
  expect(sent).toEqual(
    [2028, 2029, 2030, 2031, 2032, 2033, 2034, 2035, 2036, 2037].map(
      (year) => `${year}-01-${year % 4 === 0 ? '30' : '29'} 10:00`,
    ),
  );
  const { facts } = await story.get<{ facts: Record<string, unknown> }>(`/v1/accounts/${story.account}`);
  expect(facts).toMatchObject({ renewal_date: '2038-02-28', renewal_day: 29 });
});
