import { describe, expect, test } from 'vitest';
import { readHealthPlan } from '../../../src/command/health/plan.ts';

function planOf(values: Readonly<Record<string, string>>): ReturnType<typeof readHealthPlan> {
  return readHealthPlan({
    values: new Map(Object.entries(values).map(([option, value]) => [option, [value]])),
    switches: new Set(),
    positionals: [],
  });
}

describe('readHealthPlan', () => {
  test.each([
    [undefined, 'http://127.0.0.1:9921'],
    ['9922', 'http://127.0.0.1:9922'],
    ['aggregator', 'http://aggregator:9921'],
    ['10.0.0.7', 'http://10.0.0.7:9921'],
    ['aggregator.mesh:99', 'http://aggregator.mesh:99'],
    ['[::1]', 'http://[::1]:9921'],
    ['[::1]:99', 'http://[::1]:99'],
    ['https://aggregator.mesh', 'https://aggregator.mesh'],
  ])('understands the aggregator %s', async (text, aggregator) => {
    const plan = await planOf({ release: 'r.2', ...(text !== undefined && { aggregator: text }) });
    expect(plan).toMatchObject({ about: 'release', aggregator, service: null, waitMs: 0 });
  });

  test('asks a proxy unless told of a release', async () => {
    expect(await planOf({ wait: '10m' })).toEqual({
      about: 'proxy',
      admin: 'http://127.0.0.1:9901',
      component: null,
      tokenFile: null,
      waitMs: 600_000,
      json: false,
    });
  });
});
