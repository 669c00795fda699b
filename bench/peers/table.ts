/** Every proxy that is compared. A new one is one file and one line here. */
import { haproxy } from './haproxy.ts';
import { capturing, meshlock, unwatched, watched } from './meshlock.ts';
import { nginx } from './nginx.ts';
import { fastify, floor, httpProxy, undici } from './node-proxy.ts';
import type { Peer, PeerName } from './peer.ts';

export const peers: Readonly<Record<PeerName, Peer>> = {
  meshlock,
  nginx,
  haproxy,
  floor,
  undici,
  fastify,
  'http-proxy': httpProxy,
  unwatched,
  watched,
  capturing,
};
