import { createEmbeddedCrm } from '../activities/crm/crm.ts';
import { createEmbeddedInApp } from '../activities/in-app/embedded-in-app.ts';
import { createEmbeddedMailer } from '../activities/email/embedded-mailer.ts';
import { createSmtpMailer } from '../activities/email/smtp-mailer.ts';
import { createEmbeddedSms } from '../activities/sms/embedded-sms.ts';
import { defaultPolicy } from '../activities/arbiter/policy.ts';
import type { Config } from '../temporal-config/config.ts';
import type { WorkerParts } from './worker.ts';

/** The providers that the configuration names; what it does not name is embedded. */
export function composePorts(config: Pick<Config, 'smtpUrl'>): WorkerParts['ports'] {
  return {
    mailer: config.smtpUrl ? createSmtpMailer({ url: config.smtpUrl }) : createEmbeddedMailer(),
    sms: createEmbeddedSms(),
    inApp: createEmbeddedInApp(),
    crm: createEmbeddedCrm(),
  };
}

/** What activities need to know of the deployment. */
export function composeSettings(
  config: Pick<Config, 'mailFrom' | 'systemZone'>,
  publicUrl: string,
  secret: string,
): WorkerParts['settings'] {
  return { secret, publicUrl, mailFrom: config.mailFrom, systemZone: config.systemZone, policy: defaultPolicy };
}
