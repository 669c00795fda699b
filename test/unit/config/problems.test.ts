import { describe, expect, test } from 'vitest';
import { formatLocatedProblem } from '../../../src/config/index.ts';
import { errorOf, linesOf, problemsOf, withCluster, withListener, withRoute } from './parsing.ts';

describe('a bad configuration', () => {
  const text = `nod: { id: x }
listeners:
  - name: in
    address: 8080
    protcol: http
    routes:
      - { match: api, cluster: ap }
clusters:
  - name: app
    endpoints: [app.example:80]
    connect_timeout: 5
`;

  test('is refused with every problem, in the order of the file', () => {
    const error = errorOf(text);
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toBe('test.yaml is not a valid configuration: 6 problems');
    expect(error.problems.map((problem) => formatLocatedProblem(problem as never, 'f'))).toEqual([
      'f:1:1: nod: expected a known key, got unknown key "nod" (did you mean node?)',
      'f:5:5: listeners[0].protcol: expected a known key, got unknown key "protcol" (did you mean protocol?)',
      'f:7:11: listeners[0].routes[0].match: expected a path that begins with /, got "api" (write /api)',
      'f:7:23: listeners[0].routes[0].cluster: expected the name of a cluster, got "ap" (did you mean app?)',
      'f:10:17: clusters[0].endpoints[0]: expected an IP address, as this cluster is static, got "app.example:80" (add `type: strict_dns` to look host names up)',
      'f:11:5: clusters[0].connect_timeout: expected a duration such as 250ms, 15s, 5m or 1h, got 5 (write the unit: 5s or 5ms)',
    ]);
  });

  test('is read as the kind that was meant where the kind itself is wrong', () => {
    expect(linesOf(withListener('protocol: htp, cluster: app, limits: { max_head_size: 1 }'))).toEqual([
      'listeners[0].protocol: expected one of http, tcp, got "htp" (did you mean http?)',
      'listeners[0].limits.max_head_size: expected a size of 1024..1048576 bytes, got 1',
    ]);
    expect(linesOf(withCluster('endpoints: [80], balancer: { type: maglv, table_size: 10 }'))).toEqual([
      'clusters[0].balancer.type: expected one of round_robin, weighted_round_robin, random, least_request, peak_ewma, ring_hash, maglev, got "maglv" (did you mean maglev?)',
      'clusters[0].balancer.table_size: expected a prime number, such as 65537, got 10',
    ]);
  });

  test('with one problem says so once', () => {
    expect(errorOf('log: loud').message).toBe('test.yaml is not a valid configuration: 1 problem');
  });
});

describe('an unknown key', () => {
  test('lists the known ones when none is near', () => {
    expect(linesOf('node: { colour: red }')).toEqual([
      'node.colour: expected one of the keys id, service, version, release, got unknown key "colour"',
    ]);
  });

  test.each([
    [withCluster('endpoints: [80], lb_policy: random'), 'here it is balancer'],
    [withCluster('endpoints: [80], tls: {}'), 'TLS is not supported yet'],
    [withRoute('cluster: app, retry_policy: {}'), 'here it is retry'],
    [withRoute('cluster: app, retry: { num_retries: 2 }'), 'here it is attempts'],
    [withRoute('match: { safe_regex: a }, cluster: app'), 'here it is regex'],
    [withListener('protocol: tcp, cluster: app, routes: []'), 'only a listener with `protocol: http`'],
    [withListener('cluster: app, idle_timeout: 5s'), 'on an http listener it is limits.idle_timeout'],
    ['<<: {}', 'YAML 1.2 has no merge keys'],
  ])('that is at home elsewhere is translated: %s', (text, hint) => {
    const problems = problemsOf(text);
    expect(problems.map((problem) => problem.hint).join()).toContain(hint);
  });
});

describe('a value of another type', () => {
  test.each([
    ['node: { version: 1.10 }', 'node.version: expected text, got 1.1 (put it in quotes)'],
    ['listeners: {}', 'listeners: expected a list of listeners, got a mapping'],
    ['listeners: [null]', 'listeners[0]: expected a mapping, got nothing'],
    ['log: 3', 'log: expected a level, or a mapping, got 3'],
    ['admin: true', 'admin: expected an address, false or a mapping, got true'],
    ['data_threads: two', 'data_threads: expected auto, or a whole number between 1 and 256, got "two"'],
    ['data_threads: 0', 'data_threads: expected a whole number between 1 and 256, got 0'],
    ['data_threads: 1.5', 'data_threads: expected auto, or a whole number between 1 and 256, got 1.5'],
    ['thread_heap: .inf', 'thread_heap: expected a size such as 64KiB, got Infinity'],
    [
      withRoute('match: 3, cluster: app'),
      'listeners[0].routes[0].match: expected a path prefix such as /api, or a mapping, got 3',
    ],
    [
      withCluster('endpoints: []'),
      'clusters[0].endpoints: expected at least one endpoint, got an empty list',
    ],
    [withCluster('endpoints: 80'), 'clusters[0].endpoints: expected a list of endpoints, got 80'],
    [
      withCluster('endpoints: [80], slow_start: quick'),
      'clusters[0].slow_start: expected a duration such as 250ms, 15s, 5m or 1h, got "quick"',
    ],
    [
      'clusters: [{ endpoints: [80] }]',
      'clusters[0].name: expected a name of 1 to 128 letters, digits and _ . : / | ~ @ -, beginning with a letter, a digit or _, got nothing',
    ],
  ])('%s', (text, line) => {
    expect(linesOf(text)).toEqual([line]);
  });
});

describe('a secret', () => {
  test.each([
    'admin: { token: "s3cret with spaces" }',
    'admin: { token: s3cret, tokn: s3cret, address: 0.0.0.0:x }',
    'tracing: { otlp_endpoint: "http://user:s3cret@host:4317" }',
    withRoute('cluster: app, request_headers: { set: { authorization: "s3cret\\n" } }'),
    withRoute('cluster: app, request_headers: { add: { cookie: ["s3cret\\0"] } }'),
    withRoute('match: { headers: { authorization: { regex: "(s3cret" } } }, cluster: app'),
    withRoute('match: { headers: [{ name: X-Api-Key, exact: "s3cret\\n" }] }, cluster: app'),
    withCluster('endpoints: ["http://user:s3cret@10.0.0.1:80"]'),
  ])('never appears in a problem: %s', (text) => {
    const lines = linesOf(text);
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.join('\n')).not.toContain('s3cret');
  });
});
