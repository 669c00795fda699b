/** Addresses of a local mesh: ports that are free, and when what listens there is ready. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Program } from './program.ts';

const readyMs = 30_000;
const pauseMs = 50;

/** A port of the system's choice that is free now. */
export async function anyPort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
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
