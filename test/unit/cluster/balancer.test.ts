import { describe, expect, test } from 'vitest';
import { type BalancerDescriptor, type BalancerKind, balancers } from '../../../src/cluster/index.ts';
import type { BalancerConfig } from '../../../src/config/index.ts';
import { describeBalancer } from './balancer-contract.ts';

const configs: { readonly [Kind in BalancerKind]: Extract<BalancerConfig, { kind: Kind }> } = {
  'round-robin': { kind: 'round-robin' },
  'weighted-round-robin': { kind: 'weighted-round-robin' },
  random: { kind: 'random' },
  'least-request': { kind: 'least-request', choices: 2, activeRequestBias: 1 },
  'peak-ewma': { kind: 'peak-ewma', decayMs: 10_000, defaultRttMs: 30 },
  'ring-hash': { kind: 'ring-hash', minRingSize: 1024, maxRingSize: 8_388_608 },
  maglev: { kind: 'maglev', tableSize: 65_537 },
};

const kinds = Object.keys(balancers) as BalancerKind[];
for (const kind of kinds) describeBalancer(balancers[kind] as BalancerDescriptor, configs[kind]);

describe('the table of balancers', () => {
  test('lists every balancer under its own name', () => {
    expect(kinds.length).toBe(7);
    for (const kind of kinds) expect(balancers[kind].name).toBe(kind);
  });
});
