import getPort from 'get-port';

const tries = 200;

/** The preferred port when it is free on that host, else the next free one; 0 = any free one. */
export async function freePort(
  preferred: number,
  host = '127.0.0.1',
  exclude: readonly number[] = [],
): Promise<number> {
  if (preferred === 0) return getPort({ host, exclude });
  const following = Array.from({ length: tries }, (_, offset) => preferred + offset).filter((port) => port <= 65_535);
  return getPort({ host, exclude, port: following });
}
