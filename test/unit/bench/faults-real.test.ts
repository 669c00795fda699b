import { describe, expect, test } from 'vitest';
import { type Case, listeningIn, truthOf } from '../../../bench/faults/real/case.ts';
import { cases } from '../../../bench/faults/real/cases.ts';
import { Chance } from '../../../bench/faults/real/chance.ts';
import { both, type Condition } from '../../../bench/faults/real/condition.ts';
import { answerTo, type Fault, isSame, type Place, placeText } from '../../../bench/faults/real/oracle.ts';
import { parseOptions } from '../../../bench/faults/real/options.ts';
import type { RunResults } from '../../../bench/faults/real/results.ts';
import { judge, scoreOf } from '../../../bench/faults/real/score.ts';
import { renderMarkdown } from '../../../bench/faults/real/table.ts';
import { callers, networkHops, nodes } from '../../../bench/faults/real/topology.ts';
import type { Reading, Trial } from '../../../bench/faults/real/trial.ts';
import { seeded } from '../../../bench/faults/synthetic/random.ts';
import type { Suspect } from '../../../health/infer/evidence.ts';

function answers(place: Place, seen: number, own = false, condition: Condition = {}): readonly string[] {
  return answerTo({ place, seen, own }, listeningIn(condition)).map(placeText);
}

const noApplication: Condition = { silentApplications: nodes };

describe('the right answer', () => {
  test('is the module that calls the failures its own', () => {
    const place: Place = { node: 'cart-3', kind: 'inbound_downstream' };
    expect(answers(place, 4, true)).toEqual(['inbound_downstream of cart-3']);
  });

  test('is the module that all failing edges have in common, when nobody owns up', () => {
    expect(answers({ node: 'cart-3', kind: 'inbound_downstream' }, 3)).toEqual([
      'inbound_downstream of cart-3',
    ]);
    expect(answers({ node: 'web-1', kind: 'outbound_upstream' }, 3)).toEqual(['outbound_upstream of web-1']);
  });

  test('is the way between two nodes whose other calls go well', () => {
    const link: Place = { node: 'web-1', kind: 'link', callee: 'cart-2' };
    expect(answers(link, 3)).toEqual(['web-1 to cart-2']);
  });

  test('is both, where only the application could tell whether it or its proxy failed', () => {
    expect(answers({ node: 'cart-2', kind: 'inbound_upstream' }, 5)).toEqual([
      'inbound_upstream of cart-2',
      'application of cart-2',
    ]);
    // Nobody contradicts the proxy.
    expect(answers({ node: 'cart-2', kind: 'inbound_upstream' }, 5, false, noApplication)).toEqual([
      'application of cart-2',
    ]);
  });

  test('is wider where a node says nothing', () => {
    const place: Place = { node: 'cart-3', kind: 'inbound_downstream' };
    expect(answers(place, 4, true, { silentNodes: ['cart-3'] })).toEqual([
      'inbound_downstream of cart-3',
      'inbound_upstream of cart-3',
      'application of cart-3',
    ]);
    expect(answers(place, 4, true, { silentNodes: callers })).toEqual(['inbound_downstream of cart-3']);
  });

  test('is nobody, where nobody sees it', () => {
    const place: Place = { node: 'web-1', kind: 'outbound_downstream' };
    expect(answers(place, 1)).toEqual(['outbound_downstream of web-1']);
    expect(answers(place, 1, false, noApplication)).toEqual([]);
  });
});

describe('the cases', () => {
  test('have names of their own and plant only what the mesh has', () => {
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
    for (const { planted } of cases) {
      for (const { place } of planted?.faults ?? []) expect(nodes).toContain(place.node);
      for (const { hops } of planted?.condition.pipes ?? []) {
        const known = nodes.flatMap((node) => [
          ...networkHops(node),
          `${node}.app>${node}`,
          `${node}>${node}.app`,
        ]);
        for (const hop of hops) expect(known).toContain(hop);
      }
    }
  });

  test('have the culprit among the right answers, but for three in which it cannot be known', () => {
    const hidden = cases.filter((one) => {
      const { culprits, answer } = truthOf(one);
      return culprits.some((culprit) => !answer.some((place) => isSame(place, culprit)));
    });
    expect(hidden.map(({ name }) => name)).toEqual(['damaged', 'silent-apps-app-side', 'silent-apps-unseen']);
  });

  test('keep what held before while the fault is there', () => {
    const joined = both(
      { calling: { 'web-1': { rate: 1 } }, silentNodes: ['cart-1'] },
      { calling: { 'web-1': { leaving: 0.2 } }, killed: ['cart-2'] },
    );
    expect(joined.calling).toEqual({ 'web-1': { rate: 1, leaving: 0.2 } });
    const listening = listeningIn(joined);
    expect(listening('cart-1', 'inbound_upstream')).toBe(false);
    expect(listening('cart-2', 'inbound_downstream')).toBe(false);
    expect(listening('cart-2', 'callee')).toBe(true);
  });
});

describe('chance', () => {
  test('strikes the share that it was told to, in runs as long as they are asked for', () => {
    for (const burst of [1, 3, 10]) {
      const chance = new Chance({ share: 0.1, burst }, seeded(7));
      const calls = Array.from({ length: 200_000 }, () => chance.strikes());
      const struck = calls.filter(Boolean).length;
      const runs = calls.filter((isStruck, index) => isStruck && calls[index - 1] !== true).length;
      expect(Math.abs(struck / calls.length - 0.1)).toBeLessThan(0.01);
      // One by one, runs of two happen by chance.
      expect(struck / runs).toBeCloseTo(burst === 1 ? 1 / 0.9 : burst, 0);
    }
  });

  test('strikes every call, or none', () => {
    const calls = (share: number): number => {
      const chance = new Chance({ share, burst: 4 }, seeded(1));
      return Array.from({ length: 100 }, () => chance.strikes()).filter(Boolean).length;
    };
    expect([calls(1), calls(0)]).toEqual([100, 0]);
  });
});

function suspect(node: string, kind: Suspect['kind'], more: Partial<Suspect> = {}): Suspect {
  const own = { node, kind, gain: 20 };
  return {
    ...own,
    service: 'cart',
    version: '1.0.0',
    release: '',
    theta: 0.1,
    explained: 20,
    threshold: 9,
    ambiguity: [own],
    edges: [],
    contrast: [],
    sentence: `${kind} of ${node}`,
    ...more,
  };
}

const fault: Fault = { place: { node: 'cart-3', kind: 'inbound_downstream' }, seen: 4, own: true };
const planted: Case = {
  name: 'planted',
  title: 'planted',
  clocks: 'even',
  before: {},
  planted: { condition: {}, faults: [fault] },
  healthyWindows: 1,
  patience: 6,
  release: { isBad: false, isAwaited: false },
};
const truth = truthOf(planted);

describe('a judgement', () => {
  test('goes by the first suspect and counts those who are innocent', () => {
    const right = suspect('cart-3', 'inbound_downstream');
    const wrong = suspect('web-1', 'outbound_upstream');
    expect(judge([right], truth)).toMatchObject({ right: true, node: true, module: true, innocents: [] });
    expect(judge([right, wrong], truth)).toMatchObject({
      right: true,
      innocents: ['outbound_upstream of web-1'],
    });
    expect(judge([wrong, right], truth)).toMatchObject({ right: false, node: false, covered: false });
  });

  test('tells the right node with a wrong module from a module that is told with others', () => {
    const other = suspect('cart-3', 'inbound_upstream');
    expect(judge([other], truth)).toMatchObject({ node: true, module: false, covered: false, right: false });
    const ambiguity = [other, suspect('cart-3', 'inbound_downstream')];
    expect(judge([{ ...other, ambiguity }], truth)).toMatchObject({ module: false, covered: true });
  });

  test('takes a link for right only between the right two', () => {
    const place: Place = { node: 'web-1', kind: 'link', callee: 'cart-2' };
    const between = { culprits: [place], answer: [place] };
    const link = { caller: 'web-1', callee: 'cart-2' };
    const said = suspect('web-1', 'outbound_upstream', { link });
    expect(judge([said], between)).toMatchObject({ right: true, module: true, innocents: [] });
    expect(judge([{ ...said, link: { ...link, callee: 'cart-1' } }], between).right).toBe(false);
    expect(judge([suspect('web-1', 'outbound_upstream')], between)).toMatchObject({ right: false });
  });

  test('nobody is right where there is nothing to be seen, and only there', () => {
    expect(judge([], { culprits: [], answer: [] }).right).toBe(true);
    expect(judge([], truth).right).toBe(false);
    expect(judge([suspect('cart-1', 'application')], { culprits: [], answer: [] }).right).toBe(false);
  });
});

function reading(at: number, suspects: readonly Suspect[]): Reading {
  return { epoch: at, at, suspects, evidence: { from: 0, to: 0, rows: [], calls: [], missing: [] } };
}

function trial(part: Partial<Trial>): Trial {
  return {
    name: 'planted',
    round: 0,
    healthy: [reading(0, [])],
    plantedAt: 1000,
    watched: [reading(11_000, []), reading(21_000, [suspect('cart-3', 'inbound_downstream')])],
    verdict: {
      verdict: 'inconclusive',
      wouldBe: 'pause',
      reasons: [],
      evidence: {
        canary: { version: '1.1.0', calls: 0, failures: 0, nodes: 2 },
        baseline: { version: '1.0.0', calls: 0, failures: 0, nodes: 2 },
        eValue: 1,
        oddsRatioAtLeast: 1,
        needRequests: 191,
        dispersion: 1,
        strata: 0,
      },
    },
    verdictSeconds: null,
    calls: 100,
    failures: 10,
    ...part,
  };
}

describe('a score', () => {
  test('is taken from the first word, and timed from the fault to the first right one', () => {
    const score = scoreOf(trial({}), planted, truth);
    expect(score).toMatchObject({ right: true, rightAfterSeconds: 20, innocentWindows: 0, healthyBlamed: 0 });
    const wrong = reading(11_000, [suspect('cart-1', 'application')]);
    const late = trial({ watched: [wrong, reading(31_000, [suspect('cart-3', 'inbound_downstream')])] });
    expect(scoreOf(late, planted, truth)).toMatchObject({
      right: false,
      rightAfterSeconds: 30,
      innocentWindows: 1,
    });
    expect(scoreOf(trial({ watched: [reading(1, [])] }), planted, truth)).toMatchObject({
      right: false,
      firstWord: null,
      rightAfterSeconds: null,
    });
  });

  test('knows a false alarm and a false pass of a release', () => {
    const failed = trial({ verdict: { ...trial({}).verdict, verdict: 'fail' } });
    const passed = trial({ verdict: { ...trial({}).verdict, verdict: 'pass' } });
    const isBad = { ...planted, release: { isBad: true, isAwaited: true } };
    expect(scoreOf(failed, planted, truth).falseAlarm).toBe(true);
    expect(scoreOf(failed, isBad, truth)).toMatchObject({ falseAlarm: false, falsePass: false });
    expect(scoreOf(passed, isBad, truth).falsePass).toBe(true);
  });
});

describe('the table', () => {
  const results: RunResults = {
    format: 1,
    startedAt: '2026-11-20T14:00:00.000Z',
    seconds: 60,
    command: 'node bench/faults/real/main.ts',
    machine: { cores: 2, node: 'v24.0.0', loads: [1, 2, 1] },
    lanes: 2,
    cases: [{ case: planted, truth }],
    trials: [trial({}), trial({ watched: [reading(11_000, [suspect('web-1', 'outbound_upstream')])] })],
    broken: [{ name: 'link', reason: 'it did not start' }],
  };

  test('says what was right, what was said, and what was not run', () => {
    const text = renderMarkdown(results);
    expect(text).toContain(
      '| planted | inbound_downstream of cart-3 | 1× inbound_downstream of cart-3 / 1× outbound_upstream of web-1 ' +
        '| 1 of 2 | 1 of 3 | 20 s |  |',
    );
    expect(text).toContain('node 1 of 2; module 1 of 2; covered 1 of 2');
    expect(text).toContain('Healthy windows blamed: 0 of 2');
    expect(text).toContain('NOT RUN: link: it did not start');
  });

  test('is the same from a run that was saved', () => {
    const saved = JSON.parse(JSON.stringify(results)) as RunResults;
    expect(renderMarkdown(saved)).toBe(renderMarkdown(results));
  });
});

describe('the options', () => {
  test('are refused with a sentence', () => {
    expect(() => parseOptions(['--only', 'nothing'])).toThrow('--only: no case "nothing"');
    expect(() => parseOptions(['--rounds', '0'])).toThrow('--rounds: got "0"');
    expect(parseOptions(['--only', 'link,killed']).only).toEqual(['link', 'killed']);
  });
});
