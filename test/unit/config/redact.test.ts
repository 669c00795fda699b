import { describe, expect, test } from 'vitest';
import { redactConfig } from '../../../src/config/index.ts';
import { parse, withListener } from './parsing.ts';

describe('a redacted configuration', () => {
  test('has no secret in it', () => {
    const config = parse(`admin: { token: s3cret }
${withListener(`
  filters: [{ name: auth, options: { client_secret: s3cret, list: [{ apiKey: s3cret, password: { a: s3cret } }], url: "redis://me:s3cret@host" } }],
  routes: [{
    cluster: app,
    match: { headers: { authorization: Bearer s3cret, x-api-key: { prefix: s3cret } } },
    request_headers: { set: { Authorization: Bearer s3cret, X-Site: shop }, add: { Cookie: s3cret } },
    response_headers: { set: { Set-Cookie: s3cret } },
  }],
`)}`);
    expect(JSON.stringify(config).match(/s3cret/g)).toHaveLength(10);
    const shown = redactConfig({
      ...config,
      tracing: { ...config.tracing, otlpEndpoint: 'http://me:s3cret@host:4317' },
    });
    const text = JSON.stringify(shown);
    expect(text).not.toContain('s3cret');
    expect(text.match(/\[redacted\]/g)).toHaveLength(11);
    expect(text).toContain('{"name":"X-Site","value":"shop"}');
    expect(text).toContain('"otlpEndpoint":"http://[redacted]@host:4317"');
  });

  test('is otherwise the configuration as it is', () => {
    const config = parse(withListener('cluster: app'));
    expect(redactConfig(config)).toEqual(config);
  });

  test('shows that there is no token', () => {
    expect(redactConfig(parse('{}'))['admin']).toEqual({
      address: { host: '127.0.0.1', port: 9901 },
      token: '',
    });
  });
});
