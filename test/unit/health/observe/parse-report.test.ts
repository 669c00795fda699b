import { describe, expect, test } from 'vitest';
import {
  maxEdges,
  maxReportBytes,
  maxTotals,
  parseReport,
  ReportError,
} from '../../../../health/observe/parse-report.ts';
import { exampleReport } from './example-report.ts';

function problemsOf(input: unknown): readonly string[] {
  try {
    parseReport(input);
  } catch (error) {
    if (error instanceof ReportError) return error.problems;
    throw error;
  }
  return [];
}

/** A deep copy with the value at the path set, or gone when it is `undefined`. */
function changed(path: string, value: unknown): unknown {
  const report: unknown = JSON.parse(JSON.stringify(exampleReport()));
  const steps = path.split('.');
  const last = steps.pop()!;
  let at = report as Record<string, unknown>;
  for (const step of steps) at = at[step] as Record<string, unknown>;
  if (value === undefined) delete at[last];
  else at[last] = value;
  return report;
}

const edge = exampleReport().edges[0]!;
const total = exampleReport().totals[0]!;

describe('report parser', () => {
  test('takes a right report, as text and as an object', () => {
    const report = exampleReport();
    expect(parseReport(JSON.stringify(report))).toEqual(report);
    expect(parseReport(JSON.parse(JSON.stringify(report)))).toEqual(report);
  });

  test('takes a node that watched and saw nothing', () => {
    const report = exampleReport({ edges: [], totals: [] });
    expect(parseReport(report)).toEqual(report);
  });

  test('passes over fields it does not know and keeps none of them', () => {
    const text = JSON.stringify({ ...exampleReport(), zone: 'eu', ['__proto__']: { admin: true } });
    const report = parseReport(text);
    expect(report).toEqual(exampleReport());
    expect(Object.keys(report)).toEqual(Object.keys(exampleReport()));
  });

  test('keeps nothing of the object it was given', () => {
    const input = JSON.parse(JSON.stringify(exampleReport())) as { edges: { calls: number }[] };
    const report = parseReport(input);
    input.edges[0]!.calls = 0;
    expect(report.edges[0]?.calls).toBe(10);
  });

  const paths = [
    'format',
    'node',
    'node.node',
    'node.service',
    'node.version',
    'node.release',
    'incarnation',
    'epoch',
    'viewpoints',
    'edges',
    'edges.0.viewpoint',
    'edges.0.peer',
    'edges.0.peer.node',
    'edges.0.peer.service',
    'edges.0.peer.version',
    'edges.0.peer.release',
    'edges.0.calls',
    'edges.0.failures',
    'edges.0.failures.0.origin',
    'edges.0.failures.0.reason',
    'edges.0.failures.0.count',
    'totals',
    'totals.0.viewpoint',
    'totals.0.peerService',
    'totals.0.peerVersion',
    'totals.0.peerRelease',
    'totals.0.calls',
    'totals.0.failures',
    'overflowed',
  ];

  test.each(paths)('asks for %s, and for its right type', (path) => {
    const shown = path.replaceAll(/\.(\d+)/g, '[$1]');
    for (const value of [
      undefined,
      null,
      true,
      -1,
      1.5,
      'a\nb',
      'x'.repeat(257),
      [[]],
      { length: 1 },
      1e11,
    ]) {
      if (path === 'incarnation' && value === 1e11) continue;
      const problems = problemsOf(changed(path, value));
      expect(problems.some((problem) => problem.startsWith(shown))).toBe(true);
    }
  });

  test.each([
    ['another format', changed('format', 2), 'format must be 1'],
    ['a node without a name', changed('node.node', ''), 'node.node must be a name, and not _other'],
    ['a node that calls itself _other', changed('node.node', '_other'), 'node.node must be a name'],
    ['no viewpoints', changed('viewpoints', []), 'viewpoints must be at least one viewpoint, each once'],
    [
      'a viewpoint twice',
      changed('viewpoints', ['caller', 'caller', 'callee']),
      'viewpoints must be at least',
    ],
    [
      'a viewpoint that is none',
      changed('viewpoints', ['caller', 'above']),
      'viewpoints[1] must be one of caller, ',
    ],
    [
      'more failures than calls',
      changed('edges.0.calls', 2),
      'edges[0].failures must be at most its 2 calls',
    ],
    [
      'a total with more failures than calls',
      changed('totals.0.calls', 2),
      'totals[0].failures must be at most',
    ],
    [
      'an edge nobody watches',
      changed('viewpoints', ['callee']),
      'edges[0].viewpoint must be one of viewpoints',
    ],
    ['an edge twice', exampleReport({ edges: [edge, edge] }), 'edges[1] must be there once only'],
    ['a total twice', exampleReport({ totals: [total, total] }), 'totals[1] must be there once only'],
    [
      'an edge beyond its total',
      changed('totals.0.calls', 9),
      'edges[0] must be within the total of its service',
    ],
    ['failures beyond their total', changed('totals.0.failures', 2), 'edges[0] must be within the total'],
    [
      'a long reason',
      changed('edges.0.failures.0.reason', 'r'.repeat(65)),
      'edges[0].failures[0].reason must be',
    ],
    [
      '33 reasons',
      changed(
        'edges.0.failures',
        Array.from({ length: 33 }, () => ({})),
      ),
      'a list of at most 32',
    ],
    [
      'too many edges',
      changed(
        'edges',
        Array.from({ length: maxEdges + 1 }, () => edge),
      ),
      'edges must be a list',
    ],
    [
      'too many totals',
      changed(
        'totals',
        Array.from({ length: maxTotals + 1 }, () => total),
      ),
      'totals must be a',
    ],
    ['an epoch in the far future', changed('epoch', 1e10), 'epoch must be a whole number from 0 to'],
    ['text that is no JSON', '{"format":1', 'the report must be JSON'],
    ['no object', [exampleReport()], 'the report must be an object'],
    ['nothing', null, 'the report must be an object'],
    [
      'a text that is too long',
      ' '.repeat(maxReportBytes + 1),
      'the report must be at most 4194304 bytes long',
    ],
  ])('refuses %s', (_what, input, problem) => {
    expect(problemsOf(input)).toContainEqual(expect.stringContaining(problem));
  });

  test('names all problems at once', () => {
    const report = changed('node.version', 1) as Record<string, unknown>;
    report['epoch'] = '7';
    report['overflowed'] = -1;
    expect(problemsOf(report)).toEqual([
      'node.version must be a text of at most 256 bytes without control characters',
      'epoch must be a whole number from 0 to 3600000000',
      'overflowed must be a whole number from 0 to 10000000000',
    ]);
  });

  test('names fifty problems of a report that is wrong all over, and counts the others', () => {
    const problems = problemsOf(
      changed(
        'edges',
        Array.from({ length: maxEdges }, () => null),
      ),
    );
    expect(problems.length).toBe(50);
    // Each edge: it is no object, and lacks nine fields.
    expect(problems.at(-1)).toMatch(/^and \d{5} more problems$/);
  });

  test('does not repeat what the sender wrote', () => {
    const secret = 'Bearer abc';
    for (const path of paths) {
      const problems = problemsOf(changed(path, { secret, [secret]: `${secret}\n` }));
      expect(problems.join()).not.toContain(secret);
    }
  });

  test('takes a full report without much ado', () => {
    const edges = Array.from({ length: maxEdges }, (_, index) => ({
      ...edge,
      peer: { ...edge.peer, node: `cart-${index}` },
    }));
    const text = JSON.stringify(exampleReport({ edges, totals: [] }));
    expect(text.length).toBeLessThan(maxReportBytes);
    const begin = performance.now();
    expect(parseReport(text).edges.length).toBe(maxEdges);
    expect(performance.now() - begin).toBeLessThan(3000);
  });
});
