/**
 * A gateway under load whose upstreams are in trouble, for what a mesh that is well never shows: one endpoint answers 500 and
 * is ejected, one cluster dies under the eyes of its health checks, one is too narrow for its load.
 */
import { once } from 'node:events';
import { Agent, createServer, get, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DnsResponder } from '../unit/discovery/dns-responder.ts';
import { closedPort } from '../integration/harness/index.ts';
import { type Configuration, launchMeshlock, type Meshlock } from '../integration/process/meshlock.ts';

export interface Gateway {
  readonly adminPort: number;
  log(): string;
  /** The only endpoint of the cluster `dying` is gone from now on. */
  loseUpstream(): void;
  stop(): Promise<void>;
}

interface Addresses extends Readonly<Record<'sound' | 'broken' | 'dying' | 'slow' | 'nobody', number>> {
  readonly resolver: string;
}

const slowMs = 150;
const callEveryMs = 50;
const paths = ['/', '/dying', '/narrow', '/narrow', '/named'] as const;
const name = 'shop.mesh.test';

export async function startGateway(): Promise<Gateway> {
  const sound = await serve((_, response) => void response.end('well\n'));
  const broken = await serve((_, response) => void response.writeHead(500).end('broken\n'));
  const dying = await serve((_, response) => void response.end('well\n'));
  const slow = await serve((_, response) => void setTimeout(() => response.end('late\n'), slowMs));
  const upstreams = [sound, broken, dying, slow];
  const names = new DnsResponder();
  let gateway: Meshlock | null = null;
  const stop = async (): Promise<void> => {
    await gateway?.dispose();
    upstreams.forEach(close);
    await names.close();
  };
  try {
    names.replies.set(`A ${name}`, { kind: 'answer', addresses: ['127.0.0.1'], ttlSeconds: 1 });
    const resolver = await names.start();
    gateway = await launchMeshlock(
      configurationFor({
        sound: portOf(sound),
        broken: portOf(broken),
        dying: portOf(dying),
        slow: portOf(slow),
        nobody: await closedPort(),
        resolver,
      }),
    );
    const stopCalls = call(gateway.port('gateway'));
    const { adminPort, log } = gateway;
    return {
      adminPort,
      log: () => log.text,
      loseUpstream: () => close(dying),
      stop: async () => {
        stopCalls();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function configurationFor({ resolver, ...ports }: Addresses): Configuration {
  const at = (port: number): string => `127.0.0.1:${port}`;
  const retry = { on: '5xx', attempts: 2 };
  return {
    node: { id: 'gateway-1', service: 'gateway', version: '3', release: 'before' },
    admin: '127.0.0.1:0',
    data_threads: 1,
    holmes: false,
    // Nobody takes the spans: they are lost, and counted.
    tracing: { sampling: '10%', otlp_endpoint: `http://${at(ports.nobody)}` },
    listeners: [
      {
        name: 'gateway',
        address: '127.0.0.1:0',
        access_logs: ['access.log'],
        routes: [
          { match: { prefix: '/dying' }, cluster: 'dying' },
          { match: { prefix: '/narrow' }, cluster: 'narrow' },
          { match: { prefix: '/named' }, cluster: 'named' },
          { match: { prefix: '/' }, cluster: 'shop', retry },
        ],
      },
    ],
    clusters: [
      {
        name: 'shop',
        endpoints: [at(ports.sound), at(ports.broken)],
        // Ejected again and again, so that both sides of it are seen.
        outlier_detection: {
          interval: '1s',
          base_ejection_time: '3s',
          consecutive_5xx: 3,
          max_ejection_ratio: '50%',
        },
      },
      {
        name: 'dying',
        endpoints: [at(ports.dying)],
        health_check: { http: '/', interval: '1s', unhealthy_threshold: 2 },
        panic_threshold: 0,
      },
      { name: 'narrow', endpoints: [at(ports.slow)], circuit_breakers: { max_requests: 1 } },
      {
        name: 'named',
        type: 'strict_dns',
        endpoints: [`${name}:${ports.sound}`],
        dns: { resolvers: [resolver], family: 'v4', refresh_rate: '1s' },
      },
    ],
  };
}

/** One path after another at a steady pace, until the returned function is called. */
function call(port: number): () => void {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  let turn = 0;
  const timer = setInterval(() => {
    const path = paths[turn++ % paths.length] ?? '/';
    get({ host: '127.0.0.1', port, path, agent }, (answer) => answer.resume()).on('error', () => undefined);
  }, callEveryMs);
  return () => {
    clearInterval(timer);
    agent.destroy();
  };
}

async function serve(answer: RequestListener): Promise<Server> {
  const server = createServer((request, response) => {
    request.resume();
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

function close(server: Server): void {
  server.close();
  server.closeAllConnections();
}
