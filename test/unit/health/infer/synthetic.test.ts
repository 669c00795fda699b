/** A small part of `bench/faults/synthetic`: fleets of 30 nodes with a seed. The bench has the whole table. */
import { describe, expect, test } from 'vitest';
import { type Case, cases, runCase } from '../../../../bench/faults/synthetic/cases.ts';
import { makeFleet } from '../../../../bench/faults/synthetic/fleet.ts';
import { seeded } from '../../../../bench/faults/synthetic/random.ts';
import { measureScale } from '../../../../bench/faults/synthetic/scale.ts';
import type { Score } from '../../../../bench/faults/synthetic/score.ts';

const fleet = { nodes: 30, callees: 20, nodesPerService: 5 };

function run(title: string, trials: number): Score {
  const one = cases.find((known): known is Case => known.title === title);
  if (one === undefined) throw new Error(`no case "${title}"`);
  return runCase({ ...one, callsPerEpoch: one.callsPerEpoch.slice(0, 2) }, { trials, fleet, seed: 3 });
}

describe('inference on synthetic fleets', () => {
  test('blames nobody in healthy windows', () => {
    expect(run('healthy', 5)).toMatchObject({ trials: 20, blamed: 0 });
  });

  test('takes bursts for what they are', () => {
    // Of 40 such windows 4 blamed somebody before bursts were looked for within an edge.
    expect(run('healthy, failures in bursts of 3', 20).blamed).toBe(0);
  });

  test.each([
    'application fails 20 %, proxies innocent',
    'application fails 20 %, no application viewpoints',
    'the same, sets in within the window, clocks up to 2 s apart',
  ])('blames no proxy: %s', (title) => {
    const score = run(title, 6);
    expect(score.proxyBlamed).toBe(0);
    expect(score.node).toBeGreaterThanOrEqual(score.trials * 0.8);
  });

  test.each([
    'module 5 %, 60 s',
    'module 5 %, no application viewpoints',
    'module 5 %, clocks up to 2 s apart',
  ])('names the module: %s', (title) => {
    const score = run(title, 12);
    expect(score.module).toBeGreaterThanOrEqual(11);
  });

  test.each([
    'module 5 %, never visible in its own counter',
    'module 5 %, proxies of 20 % of the nodes silent',
    'module 5 %, caller-side views only',
  ])('names the node and covers the module: %s', (title) => {
    const score = run(title, 12);
    expect(score.node).toBeGreaterThanOrEqual(10);
    expect(score.covered).toBeGreaterThanOrEqual(10);
  });

  test('the same seed makes the same fleet', () => {
    expect(makeFleet(seeded(5), fleet)).toEqual(makeFleet(seeded(5), fleet));
    expect(makeFleet(seeded(5), fleet)).not.toEqual(makeFleet(seeded(6), fleet));
  });

  test('a fleet of 400 nodes and 20,000 edges is inferred within five times what 2,000 nodes are allowed', () => {
    const figures = measureScale({ nodes: 400, callees: 50, seed: 1 });
    expect(figures.first).toBe('inbound_downstream of node-7');
    expect(figures.inferMs).toBeLessThan(1500);
  });
});
