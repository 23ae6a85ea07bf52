import PostalMime from 'postal-mime';
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { mailHeaders } from '../../../activities/email/mail-headers.ts';
import { eventually } from '../../support/eventually.ts';
import { messageIdFor } from '../../../activities/email/message-id.ts';
import { closedPort, mail, mailerFor, reply, smtpServer, within } from './smtp-fixture.ts';

describe('a mail that the server takes', () => {
  it('is sent, with the server’s own words but no address in the receipt', async () => {
    const { port } = await smtpServer();
    const result = await mailerFor(port).send(mail(), within(60_000));
    expect(result).toMatchObject({ state: 'sent', receipt: expect.stringContaining('queued as 4XyZ') });
    expect(JSON.stringify(result)).not.toContain('@');
  });

  it('is multipart/alternative with the headers of automated, unsubscribable mail', async () => {
    const { port, accepted } = await smtpServer();
    const messageId = messageIdFor('journey-1/welcome', 'tenure.test');
    const headers = mailHeaders({ unsubscribeUrl: 'https://tenure.test/u/token' });
    await mailerFor(port).send(mail({ messageId, headers }), within(60_000));
    const parsed = await PostalMime.parse(accepted[0]!);
    const header = (name: string) => parsed.headers.filter((h) => h.key === name).map((h) => h.value);
    expect(parsed.messageId).toBe(messageId);
    expect(parsed.subject).toBe('Your assistant is set up');
    expect(parsed.from).toEqual({ name: 'Tenure', address: 'hello@tenure.test' });
    expect(parsed.to).toEqual([{ name: '', address: 'ada@example.org' }]);
    expect(parsed.html).toContain('Hello — café');
    expect(parsed.text).toContain('Hello — café');
    expect(header('content-type')[0]).toMatch(/^multipart\/alternative/);
    expect(header('auto-submitted')).toEqual(['auto-generated']);
    expect(header('list-unsubscribe')).toEqual(['<https://tenure.test/u/token>']);
    expect(header('list-unsubscribe-post')).toEqual(['List-Unsubscribe=One-Click']);
    expect(header('mime-version')).toEqual(['1.0']);
  });

  it('has no unsubscribe headers when it has no such link', async () => {
    const { port, accepted } = await smtpServer();
    await mailerFor(port).send(mail({ headers: mailHeaders({}) }), within(60_000));
    expect(accepted[0]!.toString()).not.toMatch(/list-unsubscribe/i);
  });

  it('cannot be given headers or recipients through its fields', async () => {
    const { port, accepted } = await smtpServer();
    const mailer = mailerFor(port);
    await mailer.send(mail({ subject: 'Hi\r\nBcc: eve@example.org\r\n\r\nbody' }), within(60_000));
    const parsed = await PostalMime.parse(accepted[0]!);
    expect(parsed.headers.map((h) => h.key)).not.toContain('bcc');
    for (const to of ['a@x.org, b@x.org', 'a@x.org\r\nRCPT TO:<b@x.org>', 'Ada <a@x.org>', 'nobody', '']) {
      expect(await mailer.send(mail({ to }), within(60_000))).toEqual({
        state: 'refused',
        kind: 'invalid',
        code: 'invalid-address',
      });
    }
    expect(accepted).toHaveLength(1);
  });

  it('is DKIM-signed over both unsubscribe headers when a key is given', async () => {
    const { port, accepted } = await smtpServer();
    const { privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    const dkim = { domainName: 'tenure.test', keySelector: 's1', privateKey };
    const headers = mailHeaders({ unsubscribeUrl: 'https://tenure.test/u/token' });
    await mailerFor(port, { dkim }).send(mail({ headers }), within(60_000));
    const signature = (await PostalMime.parse(accepted[0]!)).headers.find((h) => h.key === 'dkim-signature')!.value;
    const signed = /[; ]h=([^;]+)/.exec(signature)![1]!.toLowerCase().replace(/\s/g, '').split(':');
    expect(signed).toEqual(expect.arrayContaining(['message-id', 'list-unsubscribe', 'list-unsubscribe-post']));
  });
});

describe('what a failure proves', () => {
  const refusals = [
    ['550 5.1.1 No such user', 'hard-bounce', 'smtp-550-5.1.1'],
    ['550 No such user here', 'hard-bounce', 'smtp-550'],
    ['550 5.7.1 Blocked by policy', 'invalid', 'smtp-550-5.7.1'],
    ['554 Relay access denied', 'invalid', 'smtp-554'],
    ['552 5.2.2 Mailbox full', 'temporary', 'smtp-552-5.2.2'],
    ['451 4.7.1 Greylisted, try again in 5 minutes', 'temporary', 'smtp-451-4.7.1'],
    ['450 Too many messages, slow down', 'rate-limited', 'smtp-450'],
  ] as const;
  it.each(refusals)('%s at RCPT is refused as %s', async (words, kind, code) => {
    const { port, accepted } = await smtpServer({
      onRcptTo: (_address, _session, done) => done(reply(Number(words.slice(0, 3)), words.slice(4))),
    });
    const result = await mailerFor(port).send(mail(), within(60_000));
    expect(result).toMatchObject({ state: 'refused', kind, code });
    expect(accepted).toHaveLength(0);
  });

  it('a server that says when to come back is believed', async () => {
    const { port } = await smtpServer({
      onRcptTo: (_address, _session, done) => done(reply(451, '4.7.1 Greylisted, try again in 5 minutes')),
    });
    expect(await mailerFor(port).send(mail(), within(60_000))).toMatchObject({ retryAfterMs: 300_000 });
  });

  it('421 as greeting is refused: the server is not available', async () => {
    const { port } = await smtpServer({ onConnect: (_session, done) => done(reply(421, '4.3.2 shutting down')) });
    const result = await mailerFor(port).send(mail(), within(60_000));
    expect(result).toMatchObject({ state: 'refused', kind: 'unavailable' });
  });

  it('a rejected login is refused and blames the provider, not the address', async () => {
    const { port } = await smtpServer({ onAuth: (_auth, _session, done) => done(reply(535, '5.7.8 bad credentials')) });
    const url = `smtp://user:secret@127.0.0.1:${port}`;
    const result = await mailerFor(port, { url }).send(mail(), within(60_000));
    expect(result).toEqual({ state: 'refused', kind: 'unavailable', code: 'smtp-535-5.7.8' });
  });

  it('554 after DATA is refused: an answer proves that it was not taken', async () => {
    const { port } = await smtpServer({
      onData(stream, _session, done) {
        stream.resume();
        stream.on('end', () => done(reply(554, '5.7.1 message content rejected')));
      },
    });
    const result = await mailerFor(port).send(mail(), within(60_000));
    expect(result).toEqual({ state: 'refused', kind: 'invalid', code: 'smtp-554-5.7.1' });
  });

  it('a closed port is refused', async () => {
    const result = await mailerFor(await closedPort()).send(mail(), within(60_000));
    expect(result).toEqual({ state: 'refused', kind: 'unavailable', code: 'econnrefused' });
  });

  it('a hang at the greeting is refused, by the greeting’s limit or by the whole send’s', async () => {
    const { port } = await smtpServer({ onConnect: () => {} });
    const byGreeting = await mailerFor(port, { greetingTimeoutMs: 100 }).send(mail(), within(60_000));
    expect(byGreeting).toMatchObject({ state: 'refused', kind: 'unavailable' });
    const byWhole = await mailerFor(port).send(mail(), within(100));
    expect(byWhole).toEqual({ state: 'refused', kind: 'unavailable', code: 'timeout' });
  });

  it('a hang at the login is refused', async () => {
    const { port } = await smtpServer({ onAuth: () => {} });
    const url = `smtp://user:secret@127.0.0.1:${port}`;
    const result = await mailerFor(port, { url }).send(mail(), within(400));
    expect(result).toEqual({ state: 'refused', kind: 'unavailable', code: 'timeout' });
  });

  it('a hang at RCPT is refused', async () => {
    const { port } = await smtpServer({ onRcptTo: () => {} });
    expect(await mailerFor(port).send(mail(), within(200))).toMatchObject({ state: 'refused', kind: 'unavailable' });
  });

  it('silence after DATA is in doubt', async () => {
    const { port } = await smtpServer({ onData: (stream) => void stream.resume() });
    // On a machine under load the time may be over before DATA: that is a refusal.
    let patience = 150;
    const result = await eventually('silence after DATA', async () => {
      const said = await mailerFor(port).send(mail(), within((patience *= 2)));
      return said.state !== 'refused' && said;
    });
    expect(result).toEqual({ state: 'in-doubt', code: 'after-data-timeout' });
  });

  it('a connection dropped after DATA is in doubt and is not tried again', async () => {
    let begun = 0;
    const fixture = await smtpServer({
      onData(stream) {
        begun += 1;
        stream.once('data', () => fixture.server.connections.forEach((c) => c._socket.destroy()));
      },
    });
    const big = 'A long line of text that fills more than one packet.\n'.repeat(20_000);
    const result = await mailerFor(fixture.port).send(mail({ text: big }), within(60_000));
    expect(result).toMatchObject({ state: 'in-doubt' });
    expect(begun).toBe(1);
  });

  it('a refused recipient does not spoil the connection for the next mail', async () => {
    const { port, accepted } = await smtpServer({
      onRcptTo: ({ address }, _session, done) => done(address.startsWith('gone') ? reply(550, '5.1.1 gone') : null),
    });
    const mailer = mailerFor(port, { maxConnections: 1 });
    const results = await Promise.all(
      ['gone@example.org', 'ada@example.org', 'gone2@example.org', 'bob@example.org'].map((to) =>
        mailer.send(mail({ to }), within(60_000)),
      ),
    );
    expect(results.map((result) => result.state)).toEqual(['refused', 'sent', 'refused', 'sent']);
    expect(accepted).toHaveLength(2);
  });

  it('a dropped idle connection is replaced without a word', async () => {
    const fixture = await smtpServer();
    const mailer = mailerFor(fixture.port);
    await mailer.send(mail(), within(60_000));
    fixture.server.connections.forEach((c) => c._socket.destroy());
    expect(await mailer.send(mail(), within(60_000))).toMatchObject({ state: 'sent' });
    expect(fixture.accepted).toHaveLength(2);
  });
});

describe('a recall', () => {
  it('before the server asks for the message proves that nothing left', async () => {
    const recall = new AbortController();
    const { port, accepted } = await smtpServer({ onRcptTo: () => recall.abort() });
    const result = await mailerFor(port).send(mail(), { signal: recall.signal, timeoutMs: 60_000 });
    expect(result).toEqual({ state: 'refused', kind: 'unavailable', code: 'recalled' });
    expect(accepted).toHaveLength(0);
  });

  it('of a send that was never begun sends nothing', async () => {
    const { port, accepted } = await smtpServer();
    const result = await mailerFor(port).send(mail(), { signal: AbortSignal.abort(), timeoutMs: 60_000 });
    expect(result).toMatchObject({ state: 'refused', code: 'recalled' });
    expect(accepted).toHaveLength(0);
  });

  it('after DATA lets the answer come', async () => {
    const recall = new AbortController();
    const { port } = await smtpServer({
      onData(stream, _session, done) {
        stream.resume();
        stream.on('end', () => {
          recall.abort();
          setImmediate(() => done(null, 'queued'));
        });
      },
    });
    const result = await mailerFor(port).send(mail(), { signal: recall.signal, timeoutMs: 60_000 });
    expect(result).toMatchObject({ state: 'sent' });
  });
});

describe('errors and receipts', () => {
  it('do not repeat the recipient when the server does', async () => {
    const { port } = await smtpServer({
      onData(stream, _session, done) {
        stream.resume();
        stream.on('end', () => done(null, 'delivered to ada at example.org, <ada@example.org>, id 77'));
      },
    });
    const result = await mailerFor(port).send(mail(), within(60_000));
    expect(result).toMatchObject({ state: 'sent', receipt: expect.stringContaining('id 77') });
    expect(JSON.stringify(result)).not.toMatch(/ada|example\.org/);
  });

  it('hold no personal data', async () => {
    const { port } = await smtpServer({
      onRcptTo: (address, _session, done) => done(reply(550, `5.1.1 <${address.address}> unknown`)),
    });
    const result = await mailerFor(port).send(mail(), within(60_000));
    expect(JSON.stringify(result)).not.toContain('ada');
  });
});
