/**
 * Reads an aggregator's settings from what stood in a file: snake_case keys, durations such as `15m`, sizes such as
 * `256MiB`. Everything that is wrong is told at once, with its path; a token is never quoted.
 */
import { epochMs } from '../observe/viewpoint.ts';
import { type AggregateSettings, defaultAggregateSettings } from './settings.ts';
import { maxPartSpan } from './shard-part.ts';
import type { ShardSettings } from './shard-settings.ts';
import { SettingsReader } from './settings-reader.ts';
import type { TokenSource } from './token-source.ts';

const day = 24 * 3600 * 1000;
/** Each is asked once an epoch. */
const maxShards = 100;
const gibibyte: number = 1024 ** 3;

/** `problems` has a sentence for each. */
export class AggregateSettingsError extends Error {
  readonly code = 'HEALTH_AGGREGATE_SETTINGS_INVALID';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`the settings of the aggregator are not valid:\n${problems.map((one) => `  ${one}`).join('\n')}`);
    this.name = 'AggregateSettingsError';
    this.problems = problems;
  }
}

/** What is left out has its default; nothing given is all defaults. Throws an AggregateSettingsError. */
export function parseAggregateSettings(input: unknown): AggregateSettings {
  const problems: string[] = [];
  const root = new SettingsReader(input ?? {}, '', problems);
  const settings = readSettings(root);
  const { window, ledger } = settings;
  if (window.inferEpochs > window.epochs) problems.push('window.infer must not be longer than window.keep');
  if (ledger.fineEpochs < 2 * window.inferEpochs)
    problems.push(
      'ledger.fine must be at least twice window.infer: a second level asks for epochs one by one',
    );
  if (ledger.fineEpochs > ledger.keepEpochs) problems.push('ledger.fine must not be longer than ledger.keep');
  checkShards(settings, problems);
  if (settings.token === '' && !isLoopback(settings.listen.host))
    problems.push('token must be set where others than this machine can reach listen');
  if (problems.length > 0) throw new AggregateSettingsError(problems);
  return settings;
}

function readSettings(root: SettingsReader): AggregateSettings {
  const defaults = defaultAggregateSettings;
  const window = root.section('window');
  const nodes = root.section('nodes');
  const ledger = root.section('ledger');
  const journal = root.section('journal');
  const limits = root.section('limits');
  const verdict = root.section('verdict');
  const history = root.section('history');
  const shards = root.sections('shards', maxShards);
  const settings: AggregateSettings = {
    listen: root.address('listen', defaults.listen),
    token: root.token('token', defaults.token),
    window: {
      epochs: epochs(window, 'keep', defaults.window.epochs),
      inferEpochs: epochs(window, 'infer', defaults.window.inferEpochs),
      graceMs: window.duration('grace', defaults.window.graceMs, { min: 0, max: epochMs - 1 }),
      maxBytes: window.size('max_size', defaults.window.maxBytes, { min: 1, max: 64 * gibibyte }),
    },
    nodes: {
      max: nodes.whole('max', defaults.nodes.max, { min: 1, max: 100_000 }),
      forgetEpochs: epochs(nodes, 'forget', defaults.nodes.forgetEpochs),
    },
    ledger: {
      keepEpochs: epochs(ledger, 'keep', defaults.ledger.keepEpochs),
      fineEpochs: epochs(ledger, 'fine', defaults.ledger.fineEpochs),
      maxRows: ledger.whole('max_rows', defaults.ledger.maxRows, { min: 100, max: 10_000_000 }),
    },
    journal: {
      path: journal.text('path', defaults.journal.path),
      fsync: journal.oneOf('fsync', defaults.journal.fsync, ['epoch', 'never']),
      compactBytes: journal.size('compact_size', defaults.journal.compactBytes, { min: 4096, max: gibibyte }),
      maxBytes: journal.size('max_size', defaults.journal.maxBytes, { min: 4096, max: gibibyte }),
    },
    limits: {
      maxReportBytes: limits.size('report', defaults.limits.maxReportBytes, {
        min: 1024,
        max: 64 * 1024 ** 2,
      }),
      maxBodyBytes: limits.size('body', defaults.limits.maxBodyBytes, { min: 1024, max: 64 * 1024 ** 2 }),
      maxConnections: limits.whole('connections', defaults.limits.maxConnections, { min: 1, max: 65_535 }),
    },
    verdict: {
      alpha: verdict.share('alpha', defaults.verdict.alpha),
      margin: verdict.share('margin', defaults.verdict.margin),
      confidence: verdict.share('confidence', defaults.verdict.confidence),
      stepEpochs: epochs(verdict, 'step', defaults.verdict.stepEpochs),
      applicationsSuffice: verdict.flag('applications_suffice', defaults.verdict.applicationsSuffice),
      minNodesPerArm: verdict.whole('min_nodes', defaults.verdict.minNodesPerArm, { min: 1, max: 1000 }),
      maxFleetShare: verdict.share('max_fleet_share', defaults.verdict.maxFleetShare),
      dryRun: verdict.flag('dry_run', defaults.verdict.dryRun),
      ttlSeconds: verdict.whole('ttl_seconds', defaults.verdict.ttlSeconds, { min: 0, max: 3600 }),
    },
    history: {
      url: history.url('url', defaults.history.url),
      token: tokenSource(history),
      lookbackMs: history.duration('lookback', defaults.history.lookbackMs, { min: 600_000, max: 7 * day }),
      timeoutMs: history.duration('timeout', defaults.history.timeoutMs, { min: 1000, max: 60_000 }),
    },
    shards: shards.map(shardSettings),
  };
  for (const part of [root, window, nodes, ledger, journal, limits, verdict, history, ...shards]) part.end();
  return settings;
}

function checkShards({ shards, window }: AggregateSettings, problems: string[]): void {
  if (shards.length > 0 && window.inferEpochs > maxPartSpan)
    problems.push(`window.infer must be at most ${(maxPartSpan * epochMs) / 60_000}m with shards`);
  const known = new Set<string>();
  for (const [index, { url }] of shards.entries()) {
    const address = url.replace(/\/+$/, '');
    if (url !== '' && known.has(address))
      problems.push(`shards[${index}] is there twice: its calls would count twice`);
    known.add(address);
  }
}

function shardSettings(section: SettingsReader): ShardSettings {
  const settings = { url: section.url('url', ''), token: tokenSource(section) };
  const url = URL.parse(settings.url);
  if (url === null) section.problem('needs the url of an aggregator');
  else if (`${url.username}${url.password}${url.search}${url.hash}` !== '')
    section.problem('has a url with more than an address and a path: give the token in token_file');
  return settings;
}

/** `token` or `token_file`. */
function tokenSource(section: SettingsReader): TokenSource {
  const source = { token: section.token('token', ''), file: section.text('token_file', '') };
  if (source.token !== '' && source.file !== '')
    section.problem('has token and token_file: give one of them');
  return source;
}

/** A duration of whole epochs. */
function epochs(section: SettingsReader, key: string, fallback: number): number {
  return section.duration(key, fallback * epochMs, { min: epochMs, max: 7 * day, step: epochMs }) / epochMs;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
