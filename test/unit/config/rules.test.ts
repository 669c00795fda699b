import { describe, expect, test } from 'vitest';
import { linesOf, parse, problemsOf, withCluster, withListener, withRoute } from './parsing.ts';

/** Where the one problem is. */
function placeOf(text: string): string {
  const problems = problemsOf(text);
  expect(problems.map((problem) => problem.path)).toHaveLength(1);
  return problems[0]?.path ?? '';
}

describe('names and addresses', () => {
  test.each([
    ['clusters: [{ name: a, endpoints: [80] }, { name: a, endpoints: [81] }]', 'clusters[1].name'],
    [
      withListener('cluster: app, name: a').replace('}]', '}, { name: a, address: 81, cluster: app }]'),
      'listeners[1].name',
    ],
    [
      withListener('cluster: app').replace('}]', '}, { name: b, address: "0.0.0.0:8080", cluster: app }]'),
      'listeners[1].address',
    ],
    [
      withListener('cluster: app').replace('}]', '}, { address: "127.0.0.1:8080", cluster: app }]'),
      'listeners[1]',
    ],
    [withListener('cluster: app').replace('8080', '"127.0.0.1:9901"'), 'listeners[0].address'],
    [withCluster('endpoints: [80, "localhost:80"]'), 'clusters[0].endpoints[1]'],
    [withCluster('endpoints: ["[::1]:80", { address: "[0::1]:80" }]'), 'clusters[0].endpoints[1].address'],
    [
      withListener('routes: [{ name: a, cluster: app }, { name: a, cluster: app }]'),
      'listeners[0].routes[1].name',
    ],
    [
      withListener('virtual_hosts: [{ domains: a.b, routes: [] }, { domains: [c.d, A.B], routes: [] }]'),
      'listeners[0].virtual_hosts[1].domains[1]',
    ],
    [
      withListener(
        'virtual_hosts: [{ name: a, domains: a.b, routes: [] }, { name: a, domains: c.d, routes: [] }]',
      ),
      'listeners[0].virtual_hosts[1].name',
    ],
  ])('must not be there twice: %s', (text, place) => {
    expect(placeOf(text)).toBe(place);
    expect(problemsOf(text)[0]?.hint).toMatch(/^first at /);
  });

  test('may be the same port 0, which is another each time', () => {
    const config = parse(
      withListener('cluster: app')
        .replace('8080', '0')
        .replace('}]', '}, { name: b, address: 0, cluster: app }]'),
    );
    expect(config.listeners).toHaveLength(2);
  });

  test.each(['in bound', '', '-a', 'a\n', 'x'.repeat(129), 'ä'])('of a cluster may not be %j', (name) => {
    expect(placeOf(`clusters: [{ name: ${JSON.stringify(name)}, endpoints: [80] }]`)).toBe(
      'clusters[0].name',
    );
  });

  test('of a cluster may be as Istio writes them', () => {
    const [cluster] = parse(
      'clusters: [{ name: "outbound|80||a.b.svc.cluster.local", endpoints: [80] }]',
    ).clusters;
    expect(cluster?.name).toBe('outbound|80||a.b.svc.cluster.local');
  });
});

describe('a reference to a cluster', () => {
  test.each([
    [withListener('cluster: ap'), 'listeners[0].cluster'],
    [withListener('protocol: tcp, clusters: { ap: 1 }'), 'listeners[0].clusters.ap'],
    [withRoute('clusters: [app, { name: ap }]'), 'listeners[0].routes[0].clusters[1].name'],
    [
      withListener('virtual_hosts: [{ domains: "*", routes: [{ cluster: ap }] }]'),
      'listeners[0].virtual_hosts[0].routes[0].cluster',
    ],
  ])('must lead somewhere: %s', (text, place) => {
    expect(placeOf(text)).toBe(place);
    expect(problemsOf(text)[0]?.hint).toBe('did you mean app?');
  });

  test('says which clusters there are when none is near', () => {
    expect(problemsOf(withListener('cluster: zzz'))[0]?.hint).toBe('the clusters are app, other');
    expect(problemsOf('listeners: [{ address: 80, cluster: a }]')[0]?.hint).toBe(
      'no clusters are configured',
    );
  });

  test('is also checked when the cluster itself has a problem', () => {
    expect(
      linesOf('listeners: [{ address: 80, cluster: a }]\nclusters: [{ name: a, endpoints: [x] }]'),
    ).toHaveLength(1);
  });
});

describe('weights', () => {
  test.each(['clusters: { app: 0, other: 0 }', 'clusters: []', 'clusters: {}'])(
    'must add up to something: %s',
    (keys) => {
      expect(linesOf(withRoute(keys))).toEqual([
        'listeners[0].routes[0].clusters: expected at least one cluster with a weight above 0, got none',
      ]);
    },
  );

  test('may be 0 for one of them', () => {
    expect(parse(withRoute('clusters: { app: 1, other: 0 }')).listeners).toHaveLength(1);
  });

  test('are between 0 and a million, and whole', () => {
    expect(placeOf(withRoute('clusters: { app: -1, other: 1 }'))).toBe('listeners[0].routes[0].clusters.app');
    expect(placeOf(withRoute('clusters: { app: 0.5 }'))).toBe('listeners[0].routes[0].clusters.app');
  });
});

describe('the action of a route', () => {
  test.each([
    ['match: /', 'got none of them'],
    ['cluster: app, direct_response: 404', 'got cluster and direct_response'],
    ['cluster: app, clusters: [app]', 'got cluster and clusters'],
  ])('is exactly one: %s', (keys, got) => {
    const [line] = linesOf(withRoute(keys));
    expect(line).toContain('expected exactly one of cluster, clusters, redirect, direct_response');
    expect(line).toContain(got);
  });

  test('without a cluster takes no settings of forwarding', () => {
    expect(placeOf(withRoute('redirect: { host: a.b }, timeout: 1s'))).toBe('listeners[0].routes[0].timeout');
    expect(placeOf(withRoute('direct_response: 200, retry: 1'))).toBe('listeners[0].routes[0].retry');
  });

  test('rewrites a prefix only where there is one', () => {
    expect(placeOf(withRoute('match: { regex: a }, cluster: app, prefix_rewrite: /'))).toBe(
      'listeners[0].routes[0].prefix_rewrite',
    );
    expect(placeOf(withRoute('match: { regex: a }, redirect: { prefix_rewrite: / }'))).toBe(
      'listeners[0].routes[0].redirect.prefix_rewrite',
    );
    expect(placeOf(withRoute('match: { connect: true }, cluster: app, prefix_rewrite: /'))).toBe(
      'listeners[0].routes[0].prefix_rewrite',
    );
  });
});

describe('a redirect', () => {
  test.each([
    ['{ path: /a, prefix_rewrite: /b }', 'at most one of path, prefix_rewrite'],
    ['{ strip_query: true }', 'at least one of scheme, host, port, path, prefix_rewrite'],
    ['{ path: a }', 'a path that begins with /'],
    ['{ path: "/a\\r\\nx: y" }', 'a path that begins with /'],
    ['{ host: "a b" }', 'a host such as example.com'],
    ['{ host: a.b, status: 300 }', 'one of 301, 302, 303, 307, 308'],
    ['{ host: a.b, port: 0 }', 'a whole number between 1 and 65535'],
    ['{ scheme: ftp }', 'one of http, https'],
  ])('%s is refused', (redirect, expected) => {
    expect(linesOf(withRoute(`redirect: ${redirect}`)).join()).toContain(`expected ${expected}`);
  });
});

describe('a regular expression', () => {
  test.each(['(?=a)b', '(a)\\\\1', '(a', '[z-a]', 'a{1001}', ''])('must be one of RE2: %s', (regex) => {
    expect(placeOf(withRoute(`match: { regex: "${regex}" }, cluster: app`))).toBe(
      'listeners[0].routes[0].match.regex',
    );
  });

  test('has at most 1024 characters', () => {
    expect(linesOf(withRoute(`match: { regex: ${'a'.repeat(1025)} }, cluster: app`))[0]).toContain(
      '1 to 1024 characters',
    );
  });
});

describe('headers', () => {
  test.each(['a b', 'a:b', '""', 'ä', '"a\\n"'])('have names that are tokens, not %s', (name) => {
    expect(linesOf(withRoute(`cluster: app, request_headers: { set: { ${name}: x } }`)).join()).toContain(
      'a header name',
    );
    expect(linesOf(withRoute(`match: { headers: { ${name}: x } }, cluster: app`)).join()).toContain(
      'a header name',
    );
  });

  test.each([
    ['"a\\r"', 'a carriage return at character 2'],
    ['"a\\nb"', 'a line feed at character 2'],
    ['"\\0"', 'a NUL at character 1'],
    ['"\\e"', 'a control character at character 1'],
    ['"a€"', 'a character beyond ISO 8859-1 at character 2'],
    ['" a"', 'white space at an end'],
  ])('have values without control characters: %s', (value, got) => {
    expect(linesOf(withRoute(`cluster: app, response_headers: { add: { x: ${value} } }`)).join()).toContain(
      `got ${got}`,
    );
  });

  test.each(['Content-Length', 'transfer-encoding', 'Connection', 'TE', 'upgrade', 'host'])(
    'do not include %s',
    (name) => {
      for (const change of [`set: { ${name}: "1" }`, `add: { ${name}: "1" }`, `remove: [${name}]`]) {
        const lines = linesOf(withRoute(`cluster: app, request_headers: { ${change} }`));
        expect(lines.join()).toContain('expected a header that may be changed');
      }
    },
  );

  test('are set once', () => {
    expect(placeOf(withRoute('cluster: app, request_headers: { set: { X-A: a, x-a: b } }'))).toBe(
      'listeners[0].routes[0].request_headers.set["x-a"]',
    );
  });
});

describe('the admin plane', () => {
  test.each(['0.0.0.0:9901', '"[::]:9901"', '10.0.0.1:9901'])('on %s needs a token', (address) => {
    expect(linesOf(`admin: { address: ${address} }`)[0]).toContain('expected a loopback address, or a token');
    expect(linesOf(`admin: ${address}`)[0]).toContain('without a token');
    expect(parse(`admin: { address: ${address}, token: abc }`).admin.token).toBe('abc');
  });

  test.each(['127.0.0.1:1', '"[::1]:1"', 'localhost:1', '9902'])('on %s needs none', (address) => {
    expect(parse(`admin: { address: ${address} }`).admin.token).toBe('');
  });

  test('takes its token from one place', () => {
    expect(problemsOf('admin: { token: a, token_file: b }').map((problem) => problem.expected)).toContain(
      'at most one of token, token_file',
    );
  });
});

describe('a domain', () => {
  test.each([
    'example.com',
    '*.example.com',
    'api.*',
    '*',
    'example.com:8080',
    '*:80',
    '10.0.0.1',
    '"[::1]:80"',
  ])('may be %s', (domain) => {
    expect(
      parse(
        withListener(
          `virtual_hosts: [{ domains: ${JSON.stringify(domain).replaceAll('\\"', '').replaceAll('""', '"')}, routes: [] }]`,
        ),
      ).listeners,
    ).toHaveLength(1);
  });

  test.each(['"*.a.*"', '"a.*.b"', '"*a.b"', '""', 'a b', 'a:70000', 'a/b', '"**"'])(
    'may not be %s',
    (domain) => {
      expect(placeOf(withListener(`virtual_hosts: [{ domains: [${domain}], routes: [] }]`))).toMatch(
        /domains\[0\]$/,
      );
    },
  );
});

describe('limits that depend on each other', () => {
  test.each([
    [
      withListener('cluster: app, limits: { max_head_size: 4KiB, max_request_line_size: 8KiB }'),
      'listeners[0].limits.max_request_line_size',
    ],
    [
      withRoute('cluster: app, retry: { backoff: { base: 1s, max: 1ms } }'),
      'listeners[0].routes[0].retry.backoff.max',
    ],
    [
      withRoute('cluster: app, retry: { on: [retriable-status-codes] }'),
      'listeners[0].routes[0].retry.status_codes',
    ],
    [withRoute('cluster: app, retry: { status_codes: [503] }'), 'listeners[0].routes[0].retry.status_codes'],
    [withRoute('direct_response: { status: 204, body: x }'), 'listeners[0].routes[0].direct_response.body'],
    [
      withCluster('endpoints: [80], balancer: { type: ring_hash, max_ring_size: 512 }'),
      'clusters[0].balancer.min_ring_size',
    ],
    [
      withCluster('endpoints: [80], balancer: { type: maglev, table_size: 65536 }'),
      'clusters[0].balancer.table_size',
    ],
    [
      withCluster('endpoints: [80], outlier_detection: { max_ejection_time: 1s }'),
      'clusters[0].outlier_detection.max_ejection_time',
    ],
    [withCluster('endpoints: [{ address: 80, priority: 1 }]'), 'clusters[0].endpoints'],
    [withCluster('endpoints: [80, { address: 81, priority: 2 }]'), 'clusters[0].endpoints'],
    [withCluster('endpoints: [80], dns: {}'), 'clusters[0].dns'],
    [withCluster('endpoints: [80], health_check: {}'), 'clusters[0].health_check'],
    [withCluster('endpoints: [80], health_check: { http: /, tcp: true }'), 'clusters[0].health_check.tcp'],
    [withListener('protocol: tcp'), 'listeners[0]'],
    [withListener('cluster: app, routes: []'), 'listeners[0].cluster'],
  ])('%s', (text, place) => {
    expect(placeOf(text)).toBe(place);
  });
});

describe('an address', () => {
  test('to listen on is an IP address', () => {
    expect(placeOf('listeners: [{ address: example.com:80, routes: [] }]')).toBe('listeners[0].address');
  });

  test('of an endpoint has a port', () => {
    expect(placeOf(withCluster('endpoints: [0]'))).toBe('clusters[0].endpoints[0]');
  });

  test('of an OTLP receiver is a URL without path, user or password', () => {
    for (const url of ['127.0.0.1:4317', 'ftp://a', 'http://a/v1/traces', 'http://u:p@a', 'x']) {
      expect(placeOf(`tracing: { otlp_endpoint: "${url}" }`)).toBe('tracing.otlp_endpoint');
    }
  });
});

describe('an access log', () => {
  test('that would say the same of every request is refused', () => {
    expect(placeOf(withListener('cluster: app, access_logs: [{ path: a, format: jsn }]'))).toBe(
      'listeners[0].access_logs[0].format',
    );
  });
});

describe('a host to send', () => {
  test.each(['example.com', 'Example.com:8080', '10.0.0.1', '[::1]:80', '[2001:db8::1]', 'a_b'])(
    'may be %s',
    (host) => {
      const config = parse(withRoute(`cluster: app, host_rewrite: ${JSON.stringify(host)}`));
      expect(JSON.stringify(config)).toContain(`"hostRewrite":"${host.toLowerCase()}"`);
    },
  );

  test.each(['', 'a b', 'a/b', '2001:db8::abcd', '[10.0.0', 'a:70000', 'user@a', 'a:b'])(
    'may not be %j',
    (host) => {
      expect(placeOf(withRoute(`cluster: app, host_rewrite: ${JSON.stringify(host)}`))).toBe(
        'listeners[0].routes[0].host_rewrite',
      );
    },
  );
});

describe('slow start', () => {
  test.each(['random', 'peak_ewma', 'ring_hash', 'maglev'])(
    'is refused with %s, which has none',
    (balancer) => {
      const text = withCluster(`endpoints: [80], slow_start: 30s, balancer: ${balancer}`);
      expect(placeOf(text)).toBe('clusters[0].slow_start');
      expect(problemsOf(text)[0]?.got).toBe(`slow_start with ${balancer}`);
    },
  );

  test.each(['round_robin', 'weighted_round_robin', '{ type: least_request }'])(
    'is taken with %s',
    (balancer) => {
      const config = parse(withCluster(`endpoints: [80], slow_start: 30s, balancer: ${balancer}`));
      expect(config.clusters[0]?.slowStart?.windowMs).toBe(30_000);
    },
  );
});

describe('access-log operators', () => {
  test.each([
    ['"%STATUS%"', /STATUS/],
    ['"%REQ%"', /REQ/],
    ['"100% %RESPONSE_CODE%"', /character 3/],
    ['{ code: "%RESPONSE_CODE%", who: "%WHO%" }', /WHO/],
  ])('are checked: %s', (format, problem) => {
    const text = withListener(`cluster: app, access_logs: [{ path: /dev/stdout, format: ${format} }]`);
    const problems = problemsOf(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.expected).toMatch(problem);
  });
});

describe('the request line', () => {
  test('may by default be no longer than the head', () => {
    const config = parse(withListener('cluster: app, limits: { max_head_size: 2KiB }'));
    const { protocol } = config.listeners[0]!;
    expect(protocol.kind === 'http' && protocol.limits.maxRequestLineBytes).toBe(2048);
  });
});
