import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type MeshConfig, redactConfig } from '../../../src/config/index.ts';
import { compileSnapshot } from '../../../src/control/snapshot-compiler.ts';
import { SlotDirectory } from '../../../src/telemetry/index.ts';
import { linesOf, parse } from './parsing.ts';

function mesh(text: string): MeshConfig {
  return parse(`mesh: ${text}`).mesh;
}

describe('the section mesh', () => {
  test('is off unless it is asked for', () => {
    expect(parse('{}').mesh).toMatchObject({ enabled: false, maxPeers: 1000, aggregator: null });
    expect(mesh('{}')).toEqual(mesh('false'));
    expect(mesh('true')).toEqual({ ...mesh('false'), enabled: true });
    expect(mesh('{ enabled: true }')).toEqual(mesh('true'));
  });

  test('takes ranges with and without a length, of both families', () => {
    const { trust } = mesh('{ trust: [10.0.0.0/8, 192.0.2.7, "fd00::/8", "::1"] }');
    expect(trust).toEqual([
      { address: '10.0.0.0', prefix: 8 },
      { address: '192.0.2.7', prefix: 32 },
      { address: 'fd00::', prefix: 8 },
      { address: '::1', prefix: 128 },
    ]);
    expect(mesh('{ trust: [] }').trust).toEqual([]);
  });

  test.each([
    ['{ trust: [10.0.0.0/33] }', 'with at most 32 bits'],
    ['{ trust: ["fd00::/129"] }', 'with at most 128 bits'],
    ['{ trust: [cart.example] }', 'a range of addresses such as 10.0.0.0/8'],
    ['{ trust: ["fe80::1%eth0"] }', 'a range of addresses such as 10.0.0.0/8'],
    ['{ trust: ["10.0.0.0/"] }', 'a range of addresses such as 10.0.0.0/8'],
    ['{ max_peers: 0 }', 'between 1 and 100000'],
    ['{ peers: 5 }', 'max_peers'],
    ['{ aggregator: {} }', 'aggregator.url'],
    ['{ aggregator: { url: "aggregator:9921" } }', 'http://'],
    ['{ aggregator: { url: "ftp://a" } }', 'a URL such as http://aggregator:9921'],
    ['{ aggregator: { url: "http://u:p@a" } }', 'without user and password'],
    ['{ aggregator: { url: "http://a/?" } }', 'without query and fragment'],
    ['{ aggregator: { url: "http://a#" } }', 'without query and fragment'],
    ['{ aggregator: { url: "http://a " } }', 'expected a URL such as http://aggregator:9921'],
    ['{ aggregator: { url: "http://a/?x=1" } }', 'without query'],
    ['{ aggregator: { url: "http://a", token: t, token_file: f } }', 'at most one of token, token_file'],
    ['{ aggregator: { url: "http://a", token_file: nowhere } }', 'a file that can be read'],
  ])('refuses %s', (text, problem) => {
    expect(linesOf(`mesh: ${text}`).join('\n')).toContain(problem);
  });

  test('reads the token of the aggregator from its file, shows it to nobody, and gives it to no data thread', () => {
    const directory = mkdtempSync(join(tmpdir(), 'meshlock-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    writeFileSync(join(directory, 'token'), 'hushhush\n');
    const text = 'mesh: { aggregator: { url: "http://a:1/base/", token_file: token } }';
    const config = parse(text, { baseDirectory: directory });
    expect(config.mesh.aggregator).toEqual({ url: 'http://a:1/base', token: 'hushhush' });
    expect(JSON.stringify(redactConfig(config))).not.toContain('hushhush');
    const snapshot = compileSnapshot({
      version: 1,
      config,
      listeners: [],
      directory: new SlotDirectory(),
      endpoints: {},
      breakers: {},
    });
    expect(JSON.stringify(snapshot)).not.toContain('hushhush');
  });
});
