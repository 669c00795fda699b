/** Ports for the demo: the customary one when it is free, else the next, so that two demos can run side by side. */
import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { isFree } from '../mesh/addresses.ts';

const attempts = 20;

/** The first port from `wanted` upwards that nobody on this machine listens on. */
export async function freePort(wanted: number): Promise<number> {
  for (let port = wanted; port < wanted + attempts; port++) if (await isFree(port)) return port;
  throw new Error(`no free port from ${wanted} to ${wanted + attempts - 1}`);
}

/** Starts `server` on a port of the system's choice, for this machine only, and answers the port. */
export async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
