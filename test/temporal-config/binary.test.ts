import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BinaryNotFoundError, resolveTemporalBinary, temporalVersion } from '../../temporal-config/binary.ts';
import { scratchFolder } from './scratch.ts';

function fakeCli(path: string, version: string): string {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, `#!/bin/sh\necho "temporal version ${version} (Server 0.0.0, UI 0.0.0)"\n`);
  chmodSync(path, 0o755);
  return path;
}

const onPath = '/nowhere/temporal';

function download(name: string, version: string) {
  return { name, into: (folder: string) => Promise.resolve(fakeCli(join(folder, 'temporal'), version)) };
}

const failing = { name: 'a mirror', into: () => Promise.reject(new Error('no route')) };

describe('the Temporal CLI', () => {
  it('is the explicit one, whatever else there is', async () => {
    const folder = scratchFolder();
    const temporalBinary = fakeCli(join(folder, 'mine'), temporalVersion);
    fakeCli(join(folder, `temporal-${temporalVersion}`, 'temporal'), temporalVersion);
    expect(await resolveTemporalBinary({ config: { cacheDir: folder, temporalBinary } })).toBe(temporalBinary);
  });

  it('is refused by name when the explicit one is of another version or no CLI at all', async () => {
    const folder = scratchFolder();
    const old = fakeCli(join(folder, 'old'), '1.3.0');
    const config = (temporalBinary: string) => ({ config: { cacheDir: folder, temporalBinary } });
    await expect(resolveTemporalBinary(config(old))).rejects.toThrow('is Temporal CLI 1.3.0; it should be 1.9.1');
    await expect(resolveTemporalBinary(config(join(folder, 'none')))).rejects.toThrow(BinaryNotFoundError);
  });

  it('is the cached one before any other', async () => {
    const cacheDir = scratchFolder();
    const cached = fakeCli(join(cacheDir, `temporal-${temporalVersion}`, 'temporal'), temporalVersion);
    expect(await resolveTemporalBinary({ config: { cacheDir }, onPath, downloads: [failing] })).toBe(cached);
  });

  it('is the one on PATH only if it is exactly that version', async () => {
    const cacheDir = scratchFolder();
    const right = fakeCli(join(cacheDir, 'right'), temporalVersion);
    const wrong = fakeCli(join(cacheDir, 'wrong'), '1.9.2');
    const downloads = [download('mirror', temporalVersion)];
    expect(await resolveTemporalBinary({ config: { cacheDir }, onPath: right, downloads })).toBe(right);
    expect(await resolveTemporalBinary({ config: { cacheDir }, onPath: wrong, downloads })).toContain(cacheDir);
  });

  it('is downloaded by the first way that works, whole, and kept', async () => {
    const cacheDir = scratchFolder();
    const said: string[] = [];
    const downloads = [failing, download('an old mirror', '1.0.0'), download('mirror', temporalVersion)];
    const path = await resolveTemporalBinary({
      config: { cacheDir },
      onPath,
      downloads,
      progress: (line) => said.push(line),
    });
    expect(path).toBe(join(cacheDir, `temporal-${temporalVersion}`, 'temporal'));
    expect(said).toHaveLength(3);
    expect(readdirSync(join(path, '..'))).toEqual(['temporal']);
  });

  it('is the same for two that fetch it at once', async () => {
    const cacheDir = scratchFolder();
    const fetchOnce = () =>
      resolveTemporalBinary({ config: { cacheDir }, onPath, downloads: [download('mirror', temporalVersion)] });
    const [one, two] = await Promise.all([fetchOnce(), fetchOnce()]);
    expect(one).toBe(two);
    expect(readFileSync(one, 'utf8')).toContain(temporalVersion);
    expect(readdirSync(join(one, '..'))).toEqual(['temporal']);
  });

  it('is missed with one message that says what was tried and what to do', async () => {
    const attempt = resolveTemporalBinary({ config: { cacheDir: scratchFolder() }, onPath, downloads: [failing] });
    await expect(attempt).rejects.toThrow(BinaryNotFoundError);
    await expect(attempt).rejects.toThrow(
      /tried a mirror: no route[\s\S]*TENURE_TEMPORAL_BINARY[\s\S]*pip[\s\S]*TEMPORAL_ADDRESS/,
    );
  });
});
