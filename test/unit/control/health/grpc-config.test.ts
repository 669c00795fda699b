import { describe, expect, test } from 'vitest';
import { linesOf, parse } from '../../config/parsing.ts';

describe('admin.grpc_address', () => {
  test('is nowhere by default', () => {
    for (const text of ['{}', 'admin: 9901', 'admin: false', 'admin: { token: abc }'])
      expect('grpcAddress' in parse(text).admin).toBe(false);
  });

  test.each([
    ['127.0.0.1:9902', '127.0.0.1'],
    ['"[::1]:9902"', '::1'],
    ['localhost:9902', '127.0.0.1'],
    ['9902', '127.0.0.1'],
  ])('may be %s', (address, host) => {
    expect(parse(`admin: { grpc_address: ${address} }`).admin).toEqual({
      address: { host: '127.0.0.1', port: 9901 },
      token: '',
      grpcAddress: { host, port: 9902 },
    });
  });

  test.each(['0.0.0.0:9902', '"[::]:9902"', '10.0.0.1:9902'])('on %s needs a token', (address) => {
    const [line] = linesOf(`admin: { grpc_address: ${address} }`);
    expect(line).toContain('admin.grpc_address: expected a loopback address, or a token');
    expect(parse(`admin: { grpc_address: ${address}, token: abc }`).admin.token).toBe('abc');
  });

  test('is told with the admin address when both are exposed', () => {
    const paths = linesOf('admin: { address: 0.0.0.0:1, grpc_address: 0.0.0.0:2 }').map(
      (line) => line.split(':')[0],
    );
    expect(paths).toEqual(['admin.address', 'admin.grpc_address']);
  });

  test('is an address of its own', () => {
    expect(linesOf('admin: { grpc_address: 127.0.0.1:9901 }').join()).toContain('an address of its own');
    expect(
      linesOf(
        'admin: { grpc_address: 127.0.0.1:8080 }\nlisteners: [{ address: 127.0.0.1:8080, cluster: a }]',
      ).join(),
    ).toContain('an address of its own');
    expect(parse('admin: { address: 127.0.0.1:0, grpc_address: 127.0.0.1:0 }').admin.grpcAddress?.port).toBe(
      0,
    );
  });

  test('is no host name', () => {
    expect(linesOf('admin: { grpc_address: example.com:9902 }').join()).toContain(
      'an IP address to listen on',
    );
  });
});
