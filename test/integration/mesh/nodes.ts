/** Nodes of a mesh in the test's process, and what they counted. */
import type { FromData } from '../../../src/data/index.ts';
import { gateway, type Keys, startProxy, type TestProxy } from '../harness/index.ts';

export interface NodeKeys {
  readonly route?: Keys;
  readonly listener?: Keys;
  readonly cluster?: Keys;
  readonly mesh?: Keys | false;
}

/** The configuration of a node whose only listener has this role. Its service is `svc-<id>`. */
export function nodeText(role: string, id: string, upstream: number, keys: NodeKeys = {}): string {
  const { mesh = {}, listener = {}, ...rest } = keys;
  return gateway(upstream, {
    ...rest,
    listener: { role, ...listener },
    file: {
      node: { id, service: `svc-${id}`, version: '1', release: 'r 1' },
      mesh: mesh === false ? false : { enabled: true, ...mesh },
    },
  });
}

export function startNode(
  role: string,
  id: string,
  upstream: number,
  keys: NodeKeys = {},
): Promise<TestProxy> {
  return startProxy(nodeText(role, id, upstream, keys));
}

/** The header's value as such a node writes it. */
export function introduction(id: string): string {
  return `node=${id};service=svc-${id};version=1;release=r%201`;
}

export function line(id: string): string {
  return `x-meshlock-peer: ${introduction(id)}\r\n`;
}

type Edges = Extract<FromData, { readonly kind: 'edges' }>;

export function epochs(proxy: TestProxy): Edges[] {
  return proxy.messages.filter((message) => message.kind === 'edges');
}

/** `role peer calls/upstream calls, failures downstream/upstream origin reason`, of all epochs that are over. */
export function counted(proxy: TestProxy): string[] {
  return epochs(proxy)
    .flatMap(({ rows }) => rows)
    .map((row) => {
      const why = row.reason === '' ? '' : ` ${row.origin} ${row.reason}`;
      const failed = `${row.downstreamFailed}/${row.upstreamFailed}`;
      return `${row.role} ${row.peer.node || '?'} ${row.calls}/${row.upstreamCalls} ${failed}${why}`;
    })
    .sort();
}

/** Ends the running epoch, and answers what was counted so far. */
export async function nextEpoch(proxy: TestProxy): Promise<string[]> {
  await proxy.advance(10_000, 2500);
  return counted(proxy);
}
