/** What nodes of a small mesh would show at `/metrics` of their calls: written by hand, served for a real scraper. */
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

export interface Figure {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface FigureServer {
  /** `127.0.0.1:<port>`. */
  readonly address: string;
  stop(): Promise<void>;
}

/** Answers `GET /<node>` with the figures that the node has at that moment. */
export async function serveFigures(figuresOf: (node: string) => readonly Figure[]): Promise<FigureServer> {
  const server = createServer((request, response) => {
    const text = figuresOf((request.url ?? '/').slice(1))
      .map(lineOf)
      .join('');
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(text);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function lineOf({ name, labels, value }: Figure): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}=${JSON.stringify(text)}`);
  return `${name}{${pairs.join(',')}} ${value}\n`;
}

export function nodeInfo(node: string, service: string, version: string): Figure {
  return {
    name: 'meshlock_node_info',
    labels: { node_id: node, node_service: service, node_version: version, node_release: `r${version}` },
    value: 1,
  };
}

export interface View {
  readonly role: 'outbound' | 'inbound';
  readonly side: 'downstream' | 'upstream';
  readonly service: string;
  readonly version: string;
}

export function calls({ role, side, service, version }: View, value: number): Figure {
  return {
    name: 'meshlock_edge_requests_total',
    labels: { role, side, peer_service: service, peer_version: version },
    value,
  };
}

export function failures(
  { role, side, service, version }: View,
  { node, origin = 'upstream', reason = '5xx' }: { node: string; origin?: string; reason?: string },
  value: number,
): Figure {
  return {
    name: 'meshlock_edge_failures_total',
    labels: { role, side, peer_node: node, peer_service: service, peer_version: version, origin, reason },
    value,
  };
}
