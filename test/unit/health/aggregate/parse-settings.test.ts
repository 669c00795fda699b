import { describe, expect, test } from 'vitest';
import {
  AggregateSettingsError,
  parseAggregateSettings,
} from '../../../../health/aggregate/parse-settings.ts';
import { defaultAggregateSettings } from '../../../../health/aggregate/settings.ts';

function problemsOf(input: unknown): readonly string[] {
  try {
    parseAggregateSettings(input);
  } catch (error) {
    expect(error).toBeInstanceOf(AggregateSettingsError);
    return (error as AggregateSettingsError).problems;
  }
  return [];
}

describe('parseAggregateSettings', () => {
  test('has a default for everything', () => {
    expect(parseAggregateSettings(undefined)).toEqual(defaultAggregateSettings);
    expect(parseAggregateSettings({})).toEqual(defaultAggregateSettings);
    expect(parseAggregateSettings({ window: null })).toEqual(defaultAggregateSettings);
  });

  test('reads addresses, durations, sizes and shares', () => {
    const settings = parseAggregateSettings({
      listen: '[::]:7000',
      token: 'abc',
      window: { keep: '30m', infer: '2m', grace: '3s', max_size: '1GiB' },
      nodes: { max: 50, forget: '1m' },
      ledger: { keep: '1h', fine: '30m', max_rows: 1000 },
      journal: { path: '/var/lib/x', fsync: 'never', compact_size: '1MiB', max_size: '64MiB' },
      limits: { report: '8MiB', body: '64KiB', connections: 10 },
      verdict: { alpha: '1%', margin: 0.02, step: '2m', max_fleet_share: '100%', dry_run: false },
    });
    expect(settings).toMatchObject({
      listen: { host: '::', port: 7000 },
      token: 'abc',
      window: { epochs: 180, inferEpochs: 12, graceMs: 3000, maxBytes: 1024 ** 3 },
      nodes: { max: 50, forgetEpochs: 6 },
      ledger: { keepEpochs: 360, fineEpochs: 180, maxRows: 1000 },
      journal: { path: '/var/lib/x', fsync: 'never', compactBytes: 1024 ** 2, maxBytes: 64 * 1024 ** 2 },
      limits: { maxReportBytes: 8 * 1024 ** 2, maxBodyBytes: 65_536, maxConnections: 10 },
      verdict: {
        alpha: 0.01,
        margin: 0.02,
        stepEpochs: 12,
        maxFleetShare: 1,
        dryRun: false,
        confidence: 0.95,
      },
    });
  });

  test('tells every problem with its path, and never the token', () => {
    const problems = problemsOf({
      listen: 'here',
      token: 'with a space',
      windows: {},
      window: { keep: '15s', infer: 60, grace: '10s' },
      ledger: { keep: '10m', fine: '20m' },
      journal: { fsync: 'always' },
      nodes: [],
      verdict: { alpha: 0, margin: '200%', dry_run: 'no' },
    });
    expect(problems.map((problem) => problem.split(' ', 1)[0])).toEqual([
      'nodes',
      'listen',
      'token',
      'window.keep',
      'window.infer',
      'window.grace',
      'journal.fsync',
      'verdict.alpha',
      'verdict.margin',
      'verdict.dry_run',
      'windows',
      'ledger.fine',
    ]);
    expect(problems.join()).not.toContain('with a space');
    expect(problemsOf('text')).toEqual(['the settings must be a section with keys']);
  });

  test('reads where history is, and never quotes what may hold a password', () => {
    const url = 'https://reader:secret@prometheus.example/tenant';
    const history = { url, token_file: 'token', lookback: '2h', timeout: '5s' };
    expect(parseAggregateSettings({ history }).history).toEqual({
      url,
      token: { token: '', file: 'token' },
      lookbackMs: 7_200_000,
      timeoutMs: 5000,
    });
    const problems = problemsOf({
      history: { url: 'ftp://x:secret@y', token: 'a', token_file: 'b', lookback: '200h' },
    });
    expect(problems.map((problem) => problem.split(' ', 1)[0])).toEqual([
      'history.url',
      'history',
      'history.lookback',
    ]);
    expect(problems.join()).not.toContain('secret');
  });

  test('reads which shards there are', () => {
    const shards = [{ url: 'http://10.0.0.7:9921/east' }, { url: 'https://b', token_file: 'b.token' }];
    expect(parseAggregateSettings({ shards }).shards).toEqual([
      { url: 'http://10.0.0.7:9921/east', token: { token: '', file: '' } },
      { url: 'https://b', token: { token: '', file: 'b.token' } },
    ]);
    expect(
      problemsOf({ shards: [{}, 'x', { url: 'http://a:secret@b' }, { url: 'http://b', port: 1 }] }),
    ).toEqual([
      'shards[1] must be a section with keys',
      'shards[0] needs the url of an aggregator',
      'shards[1] needs the url of an aggregator',
      'shards[2] has a url with more than an address and a path: give the token in token_file',
      'shards[3].port is not known; there are url, token, token_file',
    ]);
    expect(problemsOf({ shards: {} })).toEqual(['shards must be a list of at most 100 sections']);
  });

  test('asks for a token where others than this machine can reach it', () => {
    expect(problemsOf({ listen: '0.0.0.0:9921' })).toEqual([
      'token must be set where others than this machine can reach listen',
    ]);
    expect(problemsOf({ listen: 'localhost:9921' })).toEqual([]);
    expect(problemsOf({ listen: '0.0.0.0:9921', token: 'x' })).toEqual([]);
  });

  test('refuses what would count twice, and what a shard would not answer', () => {
    const shards = [{ url: 'http://10.0.1.7:9921' }, { url: 'http://10.0.1.7:9921/' }];
    expect(problemsOf({ shards })).toEqual([expect.stringContaining('shards[1] is there twice')]);
    const long = { window: { keep: '20m', infer: '16m' }, ledger: { fine: '1h' } };
    expect(problemsOf(long)).toEqual([]);
    expect(problemsOf({ ...long, shards: shards.slice(1) })).toEqual([
      'window.infer must be at most 15m with shards',
    ]);
    expect(problemsOf({ ledger: { fine: '1m' } })).toEqual([expect.stringContaining('ledger.fine')]);
  });
});
