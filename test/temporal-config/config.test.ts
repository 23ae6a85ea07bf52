import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError, loadConfig, variableNames } from '../../temporal-config/config.ts';
import { projectRoot } from '../../temporal-config/root.ts';

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    loadConfig(env);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).problems;
  }
}

describe('the configuration', () => {
  it('has a default for everything that npm start needs', () => {
    expect(loadConfig({})).toMatchObject({
      dataDir: resolve('.tenure'),
      cacheDir: join(homedir(), '.cache', 'tenure'),
      host: '127.0.0.1',
      port: 3000,
      temporalPort: 7233,
      temporalUiPort: 8233,
      postgresPort: 5433,
      temporalGiven: false,
      taskQueue: 'tenure-journeys',
      mailFrom: 'Tenure <no-reply@tenure.localhost>',
      systemZone: 'UTC',
      logLevel: 'info',
    });
  });

  it('takes an empty value for one that is not given', () => {
    expect(loadConfig({ PORT: '', DATABASE_URL: '' })).toMatchObject({ port: 3000, databaseUrl: undefined });
  });

  it('takes port 0 for any free port', () => {
    expect(loadConfig({ PORT: '0' }).port).toBe(0);
  });

  it.each([
    [{ PORT: 'http' }, 'PORT should be a port, 0–65535 (0 = any free one)'],
    [{ PORT: '65536' }, 'PORT should be a port, 0–65535 (0 = any free one)'],
    [{ TENURE_POSTGRES_PORT: '-1' }, 'TENURE_POSTGRES_PORT should be a port, 0–65535 (0 = any free one)'],
    [{ TENURE_SYSTEM_ZONE: 'Mars/Olympus' }, 'TENURE_SYSTEM_ZONE should be an IANA time zone, such as Europe/Berlin'],
    [
      { DATABASE_URL: 'mysql://localhost/x' },
      'DATABASE_URL should be a URL, postgres://user:password@host:port/database',
    ],
    [{ SMTP_URL: 'mail.example.com' }, 'SMTP_URL should be a URL, smtp://user:password@host:port or smtps://…'],
    [{ TENURE_ADMIN_KEY: 'short' }, 'TENURE_ADMIN_KEY should be a key of at least 16 characters'],
    [{ TENURE_PUBLIC_URL: 'javascript:alert(1)' }, 'TENURE_PUBLIC_URL should be a URL, http://… or https://…'],
    [{ TENURE_MAIL_FROM: 'a@b.example>\r\nBcc: x' }, 'TENURE_MAIL_FROM should be a sender, Name <name@example.com>'],
    [
      { TENURE_PRIORITIES: 'sev1,renewal,sev1' },
      'TENURE_PRIORITIES should be different levels, highest first, such as billing-pause,sev1,renewal',
    ],
    [{ TEMPORAL_ADDRESS: 'http://localhost:7233' }, 'TEMPORAL_ADDRESS should be host:port of a Temporal server'],
  ])('names a wrong value with what it should be: %o', (env, problem) => {
    expect(problemsOf(env)).toEqual([problem]);
  });

  it('names all wrong values at once and shows none of them', () => {
    const env = { PORT: 'secret-one', TENURE_LOG_LEVEL: 'secret-two', TENURE_MAX_CACHED_WORKFLOWS: 'secret-three' };
    expect(
      problemsOf(env)
        .map((line) => line.split(' ')[0])
        .sort(),
    ).toEqual(Object.keys(env).sort());
    expect(problemsOf(env).join()).not.toContain('secret');
  });

  it.each([{ TEMPORAL_ADDRESS: 'temporal.example.com:7233' }, { TEMPORAL_PROFILE: 'cloud' }])(
    'takes a server named by Temporal’s own convention instead of the embedded engine: %o',
    (env) => {
      expect(loadConfig(env)).toMatchObject({ temporalGiven: true, temporalEnv: env });
    },
  );

  it('does not start an embedded engine for somebody who gave an API key and forgot the address', () => {
    expect(problemsOf({ TEMPORAL_API_KEY: 'key' })).toHaveLength(1);
  });
});

describe('.env.example', () => {
  const lines = readFileSync(join(projectRoot(), '.env.example'), 'utf8').split('\n');
  const shown = lines.map((line) => /^(?:# )?([A-Z][A-Z0-9_]*)=/.exec(line)?.[1]);

  it('shows every variable of the schema, and no other', () => {
    expect(shown.filter(Boolean).sort()).toEqual([...variableNames].sort());
  });

  it('explains each of them in the line above', () => {
    const unexplained = shown.filter((name, index) => name && !/^# .{10,}/.test(lines[index - 1] ?? ''));
    expect(unexplained).toEqual([]);
  });

  it('is itself a configuration that holds, with the defaults', () => {
    const set = lines.filter((line) => /^[A-Z]/.test(line)).map((line) => line.split(/=(.*)/s).slice(0, 2));
    expect(loadConfig(Object.fromEntries(set) as Record<string, string>)).toEqual(loadConfig({}));
  });
});
