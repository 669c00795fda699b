/** A called node that is stopped: it and its application fall silent, and its callers run out of time. */
import { describe, expect, test } from 'vitest';
import type { Suspect } from '../../../../health/infer/evidence.ts';
import { infer } from '../../../../health/infer/infer.ts';
import { joinEpochs } from '../../../../health/infer/join.ts';
import type { EpochReport } from '../../../../health/observe/epoch-report.ts';
import { Viewpoint } from '../../../../health/observe/viewpoint.ts';
import { edge, peer, report, total } from './edge-counts.ts';

const callee = peer('cart-1');
const sibling = peer('cart-2');
const epochs = [1, 2, 3, 4, 5, 6];
const calls = 50;
const nobody = peer('', 'cart');

interface Plan {
  readonly callers: number;
  /** The first epoch without the called node. */
  readonly stoppedAt: number;
  /** Whether the callers also call a node that is well. */
  readonly hasSibling?: boolean;
  /** Whose time is up first. */
  readonly tired: 'node' | 'application';
}

function outbound(viewpoint: Viewpoint): boolean {
  return Viewpoint.indexOf(viewpoint) < 3;
}

function callerReport(name: string, epoch: number, { stoppedAt, hasSibling, tired }: Plan): EpochReport {
  const fails = (viewpoint: Viewpoint): boolean =>
    epoch >= stoppedAt && (tired === 'node' || viewpoint === 'caller');
  const edges = Viewpoint.filter((viewpoint) => outbound(viewpoint) && fails(viewpoint)).map((viewpoint) => {
    // An application that got no answer does not know whom it called.
    const other = viewpoint === 'caller' ? nobody : callee;
    const reason = viewpoint === 'caller' ? (tired === 'node' ? '5xx' : 'timeout') : 'UT';
    return {
      ...edge(viewpoint, other, { calls, failures: calls }),
      failures: [{ origin: 'upstream' as const, reason, count: calls }],
    };
  });
  const all = calls * (hasSibling === true ? 2 : 1);
  const totals = Viewpoint.filter(outbound).map((viewpoint) => total(viewpoint, 'cart', all));
  return report(peer(name), { epoch, edges, totals });
}

function calledReport(node: typeof callee, epoch: number, { callers }: Plan): EpochReport {
  const seen = Viewpoint.filter((viewpoint) => !outbound(viewpoint));
  return report(node, { epoch, totals: seen.map((viewpoint) => total(viewpoint, 'web', calls * callers)) });
}

function suspects(plan: Plan): readonly Suspect[] {
  const names = Array.from({ length: plan.callers }, (_, index) => `web-${index + 1}`);
  const reports = epochs.flatMap((epoch) => [
    ...names.map((name) => callerReport(name, epoch, plan)),
    ...(epoch < plan.stoppedAt ? [calledReport(callee, epoch, plan)] : []),
    ...(plan.hasSibling === true ? [calledReport(sibling, epoch, plan)] : []),
  ]);
  return infer(joinEpochs(reports, { from: 1, to: 6, expected: new Set([...names, 'cart-1', 'cart-2']) }));
}

const modulesOfCallee = ['application', 'inbound_downstream', 'inbound_upstream'];

describe('a called node that falls silent', () => {
  test.each([
    ['one caller that calls another node, too', 1],
    ['two callers', 2],
  ])('is named, with all of its modules: %s', (_, callers) => {
    for (const stoppedAt of [1, 3, 5]) {
      const [found, ...others] = suspects({ callers, stoppedAt, hasSibling: true, tired: 'node' });
      expect(others).toEqual([]);
      expect(found?.node).toBe('cart-1');
      // Nobody can tell which of them: its proxy is as silent as its application.
      expect(found?.ambiguity.map(({ node }) => node)).toEqual(['cart-1', 'cart-1', 'cart-1']);
      expect(found?.ambiguity.map(({ kind }) => kind).sort()).toEqual(modulesOfCallee);
      expect(found?.sentence).toContain(`it did not report in ${7 - stoppedAt} of 6 epochs`);
    }
  });

  test('is named before its only caller, whose own word is that it was not itself', () => {
    const [found, ...others] = suspects({ callers: 1, stoppedAt: 1, tired: 'node' });
    expect(others).toEqual([]);
    expect(found?.node).toBe('cart-1');
    expect(found?.ambiguity.map(({ node, kind }) => `${node} ${kind}`).sort()).toEqual([
      ...modulesOfCallee.map((kind) => `cart-1 ${kind}`),
      'web-1 outbound_upstream',
    ]);
  });

  test.each([1, 2])('has no caller blamed for it that gave up before its node did: %i', (callers) => {
    for (const hasSibling of [false, true]) {
      for (const stoppedAt of [1, 3, 5])
        expect(suspects({ callers, stoppedAt, hasSibling, tired: 'application' })).toEqual([]);
    }
  });
});
