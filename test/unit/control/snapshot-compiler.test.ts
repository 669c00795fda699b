import { describe, expect, test } from 'vitest';
import { basesOf, compileSnapshot, withPorts } from '../../../src/control/snapshot-compiler.ts';
import { routeKey } from '../../../src/data/index.ts';
import { clusterBlock, listenerBlock, routeBlock, SlotDirectory } from '../../../src/telemetry/index.ts';
import { clusterConfig, listenerConfig, testConfig } from './test-config.ts';

const endpoint = {
  address: { host: '127.0.0.1', port: 3000 },
  weight: 1,
  priority: 0,
  metadata: {},
  slot: 777,
  health: 'healthy',
  ejected: false,
  usableSinceMs: 0,
} as const;

function compile(version: number, directory: SlotDirectory) {
  const config = testConfig({
    admin: { address: { host: '127.0.0.1', port: 9901 }, token: 'sesame' },
    listeners: [listenerConfig('in', 'app'), { ...listenerConfig('db', 'app'), protocol: tcp }],
    clusters: [clusterConfig('app')],
  });
  const { listeners } = config;
  const parts = {
    version,
    config,
    listeners,
    directory,
    endpoints: { app: [endpoint] },
    breakers: { app: 8 },
  };
  return compileSnapshot(parts);
}

const tcp = { kind: 'tcp', clusters: [{ cluster: 'app', weight: 1 }], idleTimeoutMs: 0 } as const;

describe('snapshot compiler', () => {
  test('says for each listener, route and cluster where it counts', () => {
    const directory = new SlotDirectory();
    const { slots, endpoints, breakers } = compile(1, directory);
    expect(slots).toEqual({
      listeners: {
        in: directory.baseOf(listenerBlock, ['in', 'inbound']),
        db: directory.baseOf(listenerBlock, ['db', 'inbound']),
      },
      routes: { [routeKey('in', 'default', 'all')]: directory.baseOf(routeBlock, ['in', 'default', 'all']) },
      clusters: { app: directory.baseOf(clusterBlock, ['app']) },
    });
    expect(endpoints).toEqual({ app: [endpoint] });
    expect(breakers).toEqual({ app: 8 });
  });

  test('gives the same slots again, so that a reload loses no counts', () => {
    const directory = new SlotDirectory();
    expect(compile(2, directory).slots).toEqual(compile(1, directory).slots);
  });

  test('leaves out the admin plane with its token, and can be posted to a thread', () => {
    const snapshot = compile(1, new SlotDirectory());
    expect(JSON.stringify(snapshot)).not.toContain('sesame');
    expect(structuredClone(snapshot)).toEqual(snapshot);
  });

  test('knows every base it uses, those of endpoints too', () => {
    const snapshot = compile(1, new SlotDirectory());
    const { listeners, routes, clusters } = snapshot.slots;
    const all = Object.values({ ...listeners, ...routes, ...clusters });
    expect(basesOf(snapshot)).toEqual(new Set([...all, 777]));
  });

  test('puts real ports in the place of port 0 and nowhere else', () => {
    const listeners = [
      listenerConfig('a', 'app', 0),
      listenerConfig('b', 'app', 8080),
      listenerConfig('c', 'app', 0),
    ];
    const real = { host: '127.0.0.1', port: 40_000 };
    const ports = new Map([
      ['a', real],
      ['b', real],
    ]);
    expect(withPorts(listeners, ports).map(({ address }) => address.port)).toEqual([40_000, 8080, 0]);
  });
});
