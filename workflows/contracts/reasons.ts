/**
 * Every reason that a decision may name, in words for people: reason → sentence. Playbooks may name reasons of their own for conditions, flags and
 * silent variants (`words` in the API falls back to the reason itself for those).
 */
export const reasons = {
  // Went out, or was done.
  'as-planned': 'It was done when it was due.',
  'run-now': 'Staff had it run at once.',
  'late-within-limit': 'It was late, but no later than its playbook allows, so it was done.',
  'in-doubt':
    'It was handed to the provider, which never answered: it may or may not have arrived, it is not sent again by itself, and a task asks somebody to look.',
  'check-met': 'The check found what it looks for.',
  'check-missed': 'The check did not find what it looks for.',
  met: 'The check found what it looks for.',
  missed: 'It was not done in its time.',
  // What people did about it.
  accepted: 'The customer accepted.',
  declined: 'The customer declined.',
  completed: 'It was completed.',
  answered: 'The customer answered.',
  expired: 'It was open until its end and nobody answered.',
  'not-answered': 'It was open until its end and nobody answered.',
  'told-after-end': 'The customer or staff did it, but the journey had ended before it heard of that, and stays ended.',
  'already-done': 'What it asks for had been done already.',
  early: 'It was reached before its date.',
  'on-time': 'It was reached in time.',
  late: 'It was reached after its date.',
  'meeting-held': 'The meeting took place.',
  'no-show': 'Nobody came to the meeting.',
  'auto-sent': 'Nobody said anything about it in its time, so it was sent as it stood.',
  // Waits.
  approval: 'It waits for somebody to approve its words.',
  'notice-unsent': 'A legal notice had not left when its time was nearly over; somebody was told.',
  'bad-time-to-ask': 'Something is wrong for this account at the moment, so it is not asked how it goes.',
  stopped: 'A stop is in force: nothing of this kind leaves.',
  'provider-unavailable': 'The provider cannot be reached; it is tried again by itself.',
  paused: 'The journey is paused.',
  'on-hold': 'Staff have put the account or the contact on hold.',
  outranked: 'Something more important is open for this account, which has the word.',
  'quiet-hours': 'It is outside the hours in which this channel may speak, where the contact lives.',
  're-planned': 'It was too late, so the journey planned it anew.',
  replanned: 'It was too late, so the journey planned it anew.',
  // Did not happen.
  'journey-exited': 'The journey was being ended by staff.',
  'journey-ended': 'The journey had ended.',
  'account-closed': 'The account is closed.',
  'account-erased': 'The account has been erased.',
  'no-contact': 'The account has no contact.',
  'no-contact-with-email': 'No contact of the account has an e-mail address.',
  'no-contact-with-phone': 'No contact of the account has a phone number.',
  'no-sms-consent': 'The contact has not agreed to text messages.',
  unsubscribed: 'The contact has unsubscribed from marketing.',
  suppressed: 'The address may not be written to any more.',
  'suppressed-hard-bounce': 'Mail to the address came back for good, so it is not written to any more.',
  'suppressed-complaint': 'The recipient complained about mail, so the address is not written to any more.',
  'frequency-cap': 'The contact has had as many messages of this kind as the frequency cap allows.',
  'survey-fatigue': 'The contact has been asked something not long ago.',
  'discount-open': 'Another discount of the account is open or running.',
  'not-eligible': 'The account does not fulfil the conditions of the offer.',
  'offer-already-taken': 'The account accepted this offer not long ago.',
  'approval-expired': 'Nobody approved it in its time.',
  'approval-rejected': 'Staff rejected it.',
  recalled: 'It was recalled before it left.',
  'condition-not-met': 'Its condition was not met.',
  'no-variant': 'None of its variants fits the account.',
  stale: 'It was later than its playbook allows.',
  'past-stage-end': 'Its stage had ended.',
  'stage-ended': 'Its stage ended before it was done.',
  'already-past': 'Its date lay before the journey began.',
  'before-migration': 'The journey went over to this playbook after its date.',
  'removed-by-migration': 'The journey went over to a playbook without it.',
  'not-needed': 'What it would have followed turned out otherwise.',
  'not-in-plan': 'It is not meant for the plan of the account.',
  'skipped-by-command': 'Staff skipped it.',
  command: 'Staff skipped it.',
  skipped: 'It was skipped.',
  dropped: 'It was dropped.',
  failed: 'It failed.',
  'missed-date': 'Its date had passed.',
  'never-logged-in': 'Nobody of the account has ever logged in.',
  'setup-already-complete': 'Set-up was complete already.',
  'switched-off': 'It is switched off in the configuration.',
  'first-conversation-already-succeeded': 'A first conversation had succeeded already.',
  'first-decision-already-completed': 'The first decision had been completed already.',
  'first-decision-not-completed': 'The first decision had not been completed.',
  'payment-method-on-file': 'A payment method is on file already.',
  'adoption-is-good': 'The account uses the product well enough.',
  'baselines-already-recorded': 'The baselines had been recorded already.',
  'no-banner-for-low-engagement': 'Accounts with low engagement are not shown a banner.',
  superseded: 'There was newer word about the same incident before this could leave.',
  'nothing-to-tell': 'The public had not been told anything yet that could be passed on.',
  'nobody-affected': 'Nobody had said yet whom the incident touches, or it touches nobody.',
  'nobody-to-tell': 'Every affected account that it is for has been told already.',
  // Failed.
  'hard-bounce':
    'The address does not exist: the mail was refused for good, and the address is not written to any more.',
  rejected: 'The provider refused the message for good; a task asks somebody to look.',
  'render-error': 'The message could not be written with the data at hand; a task asks somebody to mend it.',
  'data-error':
    'A condition or figure of the playbook could not be worked out with the data at hand; a task asks somebody to mend it.',
  'internal-error': 'Something went wrong here.',
} as const satisfies Record<string, string>;

/** A reason that the system itself gives. */
export type Reason = keyof typeof reasons;

/** The sentence for a reason; a playbook's own reason is spelt out. */
export function sentenceFor(reason: string): string {
  if (Object.hasOwn(reasons, reason)) return reasons[reason as Reason];
  const words = reason.replaceAll('-', ' ');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}
