import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { SMTPServer } from 'smtp-server';

/** A mail whose last byte has reached the server; whether the sender ever hears so is another matter. */
export type Taken = { to: string; messageId: string; at: number };

/** What the server does with mail to one address; without a word it takes it. */
export type Behaviour = {
  /** Answers RCPT so, such as `451 4.3.0 try again in 2 s`. */
  rcpt?: string;
  /** Says nothing more after RCPT, or after the message has come. */
  hang?: 'rcpt' | 'data';
  /** Cuts the line in the middle of the message, or once it has all come and before the answer. */
  drop?: 'mid-data' | 'before-answer';
  /** ms from the last byte of the message to the answer. */
  slowMs?: number;
  /** Answers the message when this has settled. */
  answerAfter?: Promise<unknown>;
  /** How many attempts it does so to; every one when missing. */
  times?: number;
};

export type TestSmtp = {
  url: string;
  taken: Taken[];
  takenBy(to: string): Taken[];
  /** How often a RCPT for the address was heard. */
  asked(to: string): number;
  behave(to: string, behaviour: Behaviour | undefined): void;
  /** Listens no more and ends what is open; `up` listens on the same port again. */
  down(): Promise<void>;
  up(): Promise<void>;
};

/** A real SMTP server that does to each address what a test says. */
export async function startSmtp(): Promise<TestSmtp> {
  const taken: Taken[] = [];
  const asked: string[] = [];
  const behaviours = new Map<string, Behaviour>();
  let server: SMTPServer;
  let port = 0;

  const askedOf = (to: string) => asked.filter((one) => one === to).length;
  const behaviourTo = (to: string): Behaviour => {
    const behaviour = behaviours.get(to) ?? {};
    return askedOf(to) > (behaviour.times ?? Infinity) ? {} : behaviour;
  };
  const cut = (id: string) => {
    for (const one of server.connections as Set<Connection>) if (one.session.id === id) one._socket.destroy();
  };
  const listen = async () => {
    server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      closeTimeout: 50,
      onRcptTo({ address }, _session, done) {
        asked.push(address);
        const { rcpt, hang } = behaviourTo(address);
        if (hang === 'rcpt') return;
        done(rcpt === undefined ? null : replyOf(rcpt));
      },
      onData(stream, session, done) {
        const to = session.envelope.rcptTo[0]!.address;
        const { hang, drop, slowMs, answerAfter } = behaviourTo(to);
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          if (drop === 'mid-data') cut(session.id);
        });
        stream.on('end', () => {
          if (drop === 'mid-data') return;
          const messageId = /^message-id: *(\S+)/im.exec(Buffer.concat(chunks).toString())?.[1] ?? '';
          taken.push({ to, messageId, at: Date.now() });
          if (hang === 'data') return;
          if (drop === 'before-answer') return cut(session.id);
          void Promise.all([delay(slowMs ?? 0), answerAfter]).then(() => done(null, 'queued'));
        });
      },
    });
    server.on('error', () => undefined);
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    ({ port } = server.server.address() as AddressInfo);
  };
  await listen();
  return {
    url: `smtp://127.0.0.1:${port}`,
    taken,
    takenBy: (to) => taken.filter((one) => one.to === to),
    asked: askedOf,
    behave: (to, behaviour) => void (behaviour ? behaviours.set(to, behaviour) : behaviours.delete(to)),
    down: () => new Promise<void>((resolve) => void server.close(() => resolve())),
    up: listen,
  };
}

type Connection = { session: { id: string }; _socket: { destroy(): void } };

function replyOf(words: string): Error {
  return Object.assign(new Error(words.slice(4)), { responseCode: Number(words.slice(0, 3)) });
}
