import { createEmbeddedCrm } from '../activities/crm/crm.ts';
import { createPagerDuty } from '../activities/paging/pagerduty-pager.ts';
import { createHubspot } from '../activities/crm/hubspot/create-hubspot.ts';
import { createEmbeddedInApp } from '../activities/in-app/embedded-in-app.ts';
import { createEmbeddedMailer } from '../activities/email/embedded-mailer.ts';
import { createSmtpMailer } from '../activities/email/smtp-mailer.ts';
import { createEmbeddedSms } from '../activities/sms/embedded-sms.ts';
import { defaultPolicy } from '../activities/arbiter/policy.ts';
import { ConfigError } from '../temporal-config/config.ts';
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

/** HubSpot beside the embedded CRM, where a token is configured. */
export const composeRemoteCrm = ({ hubspot }: Pick<Config, 'hubspot'>): WorkerParts['remoteCrm'] =>
  hubspot.accessToken ? createHubspot({ ...hubspot, accessToken: hubspot.accessToken }) : undefined;

/** PagerDuty where a routing key is configured, whom the embedded pager mails, and how fast notices leave. */
export const composeIncidents = ({ incidents }: Pick<Config, 'incidents'>) => ({
  pager: incidents.pagerDutyKey
    ? createPagerDuty({ routingKey: incidents.pagerDutyKey, server: incidents.pagerDutyServer })
    : undefined,
  onCall: incidents.onCall,
  noticesPerSecond: incidents.noticesPerSecond,
});

/** What activities need to know of the deployment. */
export function composeSettings(
  config: Pick<Config, 'mailFrom' | 'systemZone' | 'priorities'>,
  publicUrl: string,
  secret: string,
): WorkerParts['settings'] {
  const { levels } = defaultPolicy;
  const missing = levels.filter((level) => config.priorities?.includes(level) === false);
  if (missing.length > 0)
    throw new ConfigError([`TENURE_PRIORITIES should name every level; it lacks ${missing.join()}`]);
  const policy = { ...defaultPolicy, levels: config.priorities ?? levels };
  return { secret, publicUrl, mailFrom: config.mailFrom, systemZone: config.systemZone, policy };
}
