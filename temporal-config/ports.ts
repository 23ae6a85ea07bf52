import getPort, { portNumbers } from 'get-port';

/** The preferred port when it is free on that host, else the next free one; 0 = any free one. */
export async function freePort(
  preferred: number,
  host = '127.0.0.1',
  exclude: readonly number[] = [],
): Promise<number> {
  if (preferred === 0) return getPort({ host, exclude });
  const last = Math.min(preferred + 200, 65_535);
  return getPort({ host, exclude, port: portNumbers(Math.max(preferred, 1024), Math.max(last, 1024)) });
}
