/** Rates and percentiles from the differences of counters. */
import { describe, expect, test } from 'vitest';

interface Figures {
  readonly requests: readonly number[];
  readonly durations: readonly number[];
  readonly connections: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
}

interface Rates {
  readonly rate: number;
  readonly errors: number | null;
  readonly p50: number | null;
  readonly p99: number | null;
  readonly connections: number;
  readonly received: number;
  readonly sent: number;
}

const module = '../../../../src/control/console/assets/flow.js';
const { Flow, quantile, summed } = (await import(module)) as {
  Flow: new () => {
    readonly now: Rates | null;
    readonly points: readonly (Rates | null)[];
    add(
      tick: number,
      figures: Figures,
      bounds: readonly number[],
      isError: (codeClass: number) => boolean,
    ): void;
  };
  quantile(share: number, bounds: readonly number[], counts: readonly number[]): number | null;
  summed(list: readonly (Figures & { requestsActive: number; connectionsActive: number })[]): Figures;
};

const bounds = [10, 100];
const isError = (codeClass: number): boolean => codeClass === 4;

/** `good` requests below 10 ms and `bad` ones, answered 5xx, below 100 ms. */
function counted(good: number, bad: number): Figures {
  const connections = good / 10;
  return {
    requests: [0, good, 0, 0, bad, 0],
    durations: [good, bad, 0],
    connections,
    bytesReceived: good * 100,
    bytesSent: good * 200,
  };
}

describe('a flow', () => {
  test('has no rates before there are two looks', () => {
    const flow = new Flow();
    flow.add(1000, counted(500, 0), bounds, isError);
    expect(flow.now).toBe(null);
    expect(flow.points).toEqual([]);
  });

  test('tells rates, errors and percentiles of the time between, not of all time', () => {
    const flow = new Flow();
    flow.add(0, counted(100_000, 0), bounds, isError);
    flow.add(2000, counted(100_090, 10), bounds, isError);
    expect(flow.now).toMatchObject({ rate: 50, errors: 0.1, connections: 4.5, received: 4500, sent: 9000 });
    expect(flow.now!.p50).toBeCloseTo(5.56, 2);
    expect(flow.now!.p99).toBeCloseTo(91, 0);
  });

  test('tells of the last ten seconds', () => {
    const flow = new Flow();
    for (let second = 0; second <= 60; second += 2) {
      const good = second <= 40 ? second * 100 : 4000;
      flow.add(second * 1000, counted(good, 0), bounds, isError);
    }
    expect(flow.now!.rate).toBe(0);
    expect(flow.now!.errors).toBe(null);
    expect(flow.points).toHaveLength(30);
    expect(flow.points[0]!.rate).toBe(100);
  });

  test('starts again behind a gap instead of spreading it out', () => {
    const flow = new Flow();
    flow.add(0, counted(0, 0), bounds, isError);
    flow.add(2000, counted(100, 0), bounds, isError);
    flow.add(602_000, counted(60_000, 0), bounds, isError);
    expect(flow.now).toBe(null);
    expect(flow.points.at(-1)).toBe(null);
    flow.add(604_000, counted(60_100, 0), bounds, isError);
    expect(flow.now!.rate).toBe(50);
  });

  test('takes no notice of an answer that it has had', () => {
    const flow = new Flow();
    flow.add(0, counted(0, 0), bounds, isError);
    flow.add(2000, counted(100, 0), bounds, isError);
    flow.add(2000, counted(100, 0), bounds, isError);
    expect(flow.points).toHaveLength(1);
  });

  test('has a bound', () => {
    const flow = new Flow();
    for (let look = 0; look < 1000; look++) flow.add(look * 2000, counted(look, 0), bounds, isError);
    expect(flow.points).toHaveLength(150);
  });
});

describe('a percentile', () => {
  test.each([
    [0.5, [10, 0, 0], 5],
    [0.5, [0, 10, 0], 55],
    [0.99, [0, 0, 3], Number.POSITIVE_INFINITY],
    [0.5, [0, 0, 0], null],
    [1, [1, 0, 0], 10],
  ])('%d of %j is %s', (share, counts, expected) => {
    expect(quantile(share, bounds, counts)).toBe(expected);
  });
});

describe('the sum of flows', () => {
  test('is none of none', () => {
    expect(summed([])).toMatchObject({ requests: [], durations: [], connections: 0 });
  });

  test('adds place by place', () => {
    const one = { ...counted(10, 1), requestsActive: 1, connectionsActive: 2 };
    expect(summed([one, one])).toMatchObject({
      requests: [0, 20, 0, 0, 2, 0],
      requestsActive: 2,
      connectionsActive: 4,
    });
  });
});
