import { describe, expect, test } from 'vitest';
import { formatProblem, MeshlockError } from '../../../src/base/index.ts';
import { parseConfig, type QuickOptions, quickConfig } from '../../../src/config/index.ts';

function linesOf(options: QuickOptions): string[] {
  try {
    quickConfig(options);
  } catch (error) {
    if (!(error instanceof MeshlockError)) throw error;
    expect(error.code).toBe('USAGE');
    return error.problems.map(formatProblem);
  }
  return [];
}

describe('a configuration from the command line', () => {
  test('is the one of the file that says the same', () => {
    const text =
      'listeners: [{ name: main, address: 8080, cluster: upstream }]\nclusters: [{ name: upstream, endpoints: [3000] }]';
    const file = parseConfig(text, { source: 'x', baseDirectory: '/' });
    expect(quickConfig({ listen: 8080, to: '127.0.0.1:3000' })).toEqual(file);
    expect(quickConfig({ listen: '8080', to: '3000' })).toEqual(file);
  });

  test('takes a host to listen on, several endpoints, and an admin address', () => {
    const { listeners, clusters, admin } = quickConfig({
      listen: '[::1]:80',
      to: '10.0.0.1:80, 10.0.0.2:80',
      admin: 9902,
    });
    expect(listeners[0]?.address).toEqual({ host: '::1', port: 80 });
    expect(clusters[0]?.discovery).toMatchObject({ kind: 'static', endpoints: [{}, {}] });
    expect(admin.address).toEqual({ host: '127.0.0.1', port: 9902 });
  });

  test('looks a host name up, and does not take localhost for one', () => {
    expect(quickConfig({ listen: 0, to: 'app.example:80,10.0.0.1:80' }).clusters[0]?.discovery.kind).toBe(
      'strict-dns',
    );
    expect(quickConfig({ listen: 0, to: 'localhost:80' }).clusters[0]?.discovery.kind).toBe('static');
  });

  test('names the option that is wrong', () => {
    expect(linesOf({ listen: 'x', to: 'http://a:80', admin: '0.0.0.0:1' })).toEqual([
      'listen: expected an address such as 127.0.0.1:8080, [::1]:8080 or a port alone, got "x" (add the port: x:80)',
      'to: expected an address such as 127.0.0.1:8080, [::1]:8080 or a port alone, got "http://a:80" (leave out http:// and any path)',
      'admin: expected a loopback address, or a token, got 0.0.0.0:1 without a token (add token_file (or token), or listen on 127.0.0.1)',
    ]);
    expect(linesOf({ listen: 80, to: ' , ' })).toEqual([
      'to: expected at least one endpoint, got an empty list',
    ]);
  });
});
