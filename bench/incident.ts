import { setTimeout as delay } from 'node:timers/promises';
import type { BenchGround } from './bench-ground.ts';

const PER_SECOND = 1_000;
const PATIENCE_MS = 600_000;

export type IncidentFigures = {
  accounts: number;
  openMs: number;
  firstNoticeS: number;
  seconds: number;
  perS: number;
  toldWhenKilled: number;
  doubles: number;
  lost: number;
};

/** A notice to so many accounts, its worker killed (SIGKILL) when two fifths are told, and another started. Once. */
export async function benchIncident(ground: BenchGround, accounts: number): Promise<IncidentFigures> {
  const { sql } = ground.database;
  await ground.putAccount('incident-template');
  await sql`insert into accounts select (jsonb_populate_record(a, jsonb_build_object('id', 'incident-' || i))).*
    from accounts a, generate_series(1, ${accounts}::int) i where a.id = 'incident-template'`;
  await sql`insert into gates select 'incident-' || i from generate_series(1, ${accounts}::int) i`;
  await sql`insert into contacts (id, account_id, role, position, email)
    select gen_random_uuid(), 'incident-' || i, 'primary', 0, 'incident-' || i || '@example.com' from generate_series(1, ${accounts}::int) i`;
  const told = async (journey: string) =>
    Number(
      (
        await sql`select count(*)::int n from messages where journey_id = ${journey}::uuid and state = 'sent' and template = 'incident_notice'`
      )[0]!.n,
    );

  const first = await ground.startWorkerProcess(PER_SECOND);
  const began = performance.now();
  const { status, body } = await ground.call<{ journey: string }>('POST', '/v1/incidents', {
    title: 'Bench',
    severity: 'SEV-1',
    affected: { segment: 'account.id.startsWith("incident-") && account.id != "incident-template"' },
    message: 'We are looking into it.',
  });
  if (status !== 201) throw new Error(`the incident answered ${status}: ${JSON.stringify(body)}`);
  const openMs = performance.now() - began;
  const { journey } = body;
  const until = performance.now() + PATIENCE_MS;
  const reach = async (count: number) => {
    while ((await told(journey)) < count) {
      if (performance.now() > until) throw new Error(`only ${await told(journey)} of ${accounts} were told in time`);
      await delay(20);
    }
    return (performance.now() - began) / 1000;
  };
  const firstNoticeS = await reach(1);
  await reach(Math.floor(accounts * 0.4));
  first.kill();
  const toldWhenKilled = await told(journey);
  const second = await ground.startWorkerProcess(PER_SECOND);
  const seconds = await reach(accounts);
  const [row] = await sql`
    select count(*)::int sent, count(distinct account_id)::int accounts from messages
    where journey_id = ${journey}::uuid and template = 'incident_notice'`;
  const [items] = await sql`
    select count(*)::int n from broadcast_items i join broadcasts b on b.id = i.broadcast_id
    where b.journey_id = ${journey}::uuid and i.outcome = 'sent'`;
  await second.stop();
  await ground.clear();
  return {
    ...{ accounts, openMs, firstNoticeS, seconds, toldWhenKilled },
    perS: accounts / seconds,
    doubles: Number(row!.sent) - Number(row!.accounts),
    lost: accounts - Math.min(Number(row!.accounts), Number(items!.n)),
  };
}
