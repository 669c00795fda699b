/** Addresses of a local mesh: ports that are free, and when what listens there is ready. */
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Program } from './program.ts';

const readyMs = 30_000;
const pauseMs = 50;
const portRange = [20_000, 32_000] as const;
const portAttempts = 100;

/**
 * A port of the loopback address that is free now, from below those that the system gives to connections: of these one may
 * be taken by anybody's next connection before it is listened on.
 */
export async function anyPort(): Promise<number> {
  for (let attempt = 0; attempt < portAttempts; attempt++) {
    const port = randomInt(...portRange);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port between ${portRange.join(' and ')}`);
}

/** Whether nobody on this machine listens on that port. */
export async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen({ port, host: '127.0.0.1', exclusive: true });
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false;
    throw error;
  }
  server.close();
  await once(server, 'close');
  return true;
}

/** Answers when the address does so with 2xx. Rejects when the program ends before, or after 30 s. */
export async function untilReady(url: string, program: Program): Promise<void> {
  const deadlineMs = performance.now() + readyMs;
  while (!program.hasEnded && performance.now() < deadlineMs) {
    const answer = await fetch(url).catch(() => null);
    await answer?.body?.cancel();
    if (answer?.ok === true) return;
    await delay(pauseMs);
  }
  const why = program.hasEnded ? 'its process has ended' : `it is not ready after ${readyMs / 1000} s`;
  throw new Error(`${url}: ${why}:\n${program.log}`);
}
