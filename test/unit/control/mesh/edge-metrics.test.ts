import { Registry } from 'prom-client';
import { describe, expect, test } from 'vitest';
import type { EdgeCount, EdgeCounts, MeshEpoch } from '../../../../src/control/mesh/edge-counts.ts';
import { measureEdges } from '../../../../src/control/mesh/edge-metrics.ts';

function make() {
  const registry = new Registry();
  const listeners: ((epoch: MeshEpoch) => void)[] = [];
  const counts: Pick<EdgeCounts, 'onEpoch'> = {
    onEpoch: (listener) => {
      listeners.push(listener);
      return () => {};
    },
  };
  measureEdges(registry, counts);
  const close = (rows: readonly EdgeCount[]): void => {
    const epoch: MeshEpoch = { epoch: 5, rows, overflowed: 0, lost: 0, missing: 0 };
    for (const listener of listeners) listener(epoch);
  };
  const lines = async (name: string) =>
    (await registry.metrics())
      .split('\n')
      .filter((line) => line.startsWith(`meshlock_edge_${name}_total{`))
      .map((line) => line.slice(line.indexOf('{')));
  return { close, lines };
}

function row(changes: Partial<EdgeCount> & { readonly version?: string } = {}): EdgeCount {
  const { version = '1', ...rest } = changes;
  const peer = { node: 'cart-1', service: 'cart', version, release: '' };
  const sums = { calls: 3, upstreamCalls: 3, downstreamFailed: 0, upstreamFailed: 0 };
  return { role: 'outbound', peer, ...sums, origin: 'upstream', reason: '', ...rest };
}

describe('the metrics of calls between nodes', () => {
  test('add up each side of an epoch, requests by service and failures by node and reason', async () => {
    const { close, lines } = make();
    close([
      row(),
      row({ calls: 4, upstreamCalls: 2, downstreamFailed: 1, upstreamFailed: 2, reason: '5xx' }),
    ]);
    close([row({ role: 'inbound', upstreamCalls: 0, downstreamFailed: 3, origin: 'local', reason: 'UO' })]);
    expect(await lines('requests')).toEqual([
      '{role="outbound",side="downstream",peer_service="cart",peer_version="1"} 7',
      '{role="outbound",side="upstream",peer_service="cart",peer_version="1"} 5',
      '{role="inbound",side="downstream",peer_service="cart",peer_version="1"} 3',
    ]);
    const who = 'peer_node="cart-1",peer_service="cart",peer_version="1"';
    expect(await lines('failures')).toEqual([
      `{role="outbound",side="downstream",${who},origin="upstream",reason="5xx"} 1`,
      `{role="outbound",side="upstream",${who},origin="upstream",reason="5xx"} 2`,
      `{role="inbound",side="downstream",${who},origin="local",reason="UO"} 3`,
    ]);
  });

  test('count what is beyond 2,000 series together', async () => {
    const { close, lines } = make();
    close(Array.from({ length: 1005 }, (_, version) => row({ version: String(version) })));
    const requests = await lines('requests');
    expect(requests).toHaveLength(2002);
    const others = requests.filter((line) => line.includes('peer_service="_other"'));
    expect(others).toEqual([
      '{role="outbound",side="downstream",peer_service="_other",peer_version="_other"} 15',
      '{role="outbound",side="upstream",peer_service="_other",peer_version="_other"} 15',
    ]);
  });
});
