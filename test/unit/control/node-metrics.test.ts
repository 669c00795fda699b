import { Registry } from 'prom-client';
import { describe, expect, test } from 'vitest';
import { measureNode } from '../../../src/control/node-metrics.ts';

describe('the metrics of a node', () => {
  test('say who it is, by the configuration that is in force at the scrape', async () => {
    const registry = new Registry();
    let node = { id: 'cart-1', service: 'cart', version: '1.0.0', release: '' };
    measureNode(registry, () => node);
    const line = async () => (await registry.metrics()).split('\n').find((each) => each.startsWith('mesh'));
    expect(await line()).toBe(
      'meshlock_node_info{node_id="cart-1",node_service="cart",node_version="1.0.0",node_release=""} 1',
    );
    node = { ...node, version: '1.1.0', release: '2026-11-20.3' };
    expect(await line()).toContain('node_version="1.1.0",node_release="2026-11-20.3"');
  });
});
