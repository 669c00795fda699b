/** The usual proxies of Node programs, each a small program in `programs/`, run by the Node that runs the harness. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Launch } from '../host/running-process.ts';
import type { Peer, PeerMode, PeerName, PeerSetup } from './peer.ts';

function manifestOf(packageName: string): string {
  return fileURLToPath(new URL(`../../node_modules/${packageName}/package.json`, import.meta.url));
}

function versionOf(packageName: string): string {
  return (JSON.parse(readFileSync(manifestOf(packageName), 'utf8')) as { version: string }).version;
}

function nodeProxy(name: PeerName, packages: readonly string[], program: URL): Peer {
  return {
    name,
    unavailable(mode: PeerMode): string | null {
      if (mode !== 'http') return 'HTTP only, without a log of its own';
      const absent = packages.find((one) => !existsSync(manifestOf(one)));
      return absent === undefined ? null : `not installed (${absent})`;
    },
    version(): string {
      if (packages.length === 0) return `Node ${process.versions.node}`;
      return packages.map((one) => (one === name ? versionOf(one) : `${one} ${versionOf(one)}`)).join(', ');
    },
    async prepare({ listenPort, upstreamPort }: PeerSetup): Promise<Launch> {
      const args = [fileURLToPath(program), String(listenPort), String(upstreamPort)];
      return { command: process.execPath, args };
    },
  };
}

/** Not a proxy but what every proxy on Node's sockets starts from; see its program. */
export const floor: Peer = nodeProxy('floor', [], new URL('./programs/floor.ts', import.meta.url));
export const undici: Peer = nodeProxy('undici', ['undici'], new URL('./programs/undici.ts', import.meta.url));
export const fastify: Peer = nodeProxy(
  'fastify',
  ['fastify', '@fastify/http-proxy'],
  new URL('./programs/fastify.ts', import.meta.url),
);
export const httpProxy: Peer = nodeProxy(
  'http-proxy',
  ['http-proxy'],
  new URL('./programs/http-proxy.ts', import.meta.url),
);
