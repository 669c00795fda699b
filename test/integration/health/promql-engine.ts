/** Real PromQL engines from Debian's packages, on free ports and in folders of their own, ended with the test. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closedPort } from '../harness/index.ts';
import { isInstalled, ServerProgram } from './server-program.ts';

export { isInstalled };

const promtool = 'promtool';

export interface PromqlEngine {
  readonly url: string;
  /** The last of what it has logged. */
  said(): string;
  /** Ends the processes, waits for them and removes their folder. */
  stop(): Promise<void>;
}

export interface ScrapeTarget {
  /** `127.0.0.1:<port>`, and the path there. */
  readonly address: string;
  readonly path: string;
  readonly instance: string;
  /** `mesh` when left out. */
  readonly job?: string;
  /** Bearer token, for who wants one. */
  readonly token?: string;
}

interface EngineOptions {
  /** Of `closedPort`; any free one when left out. */
  readonly port?: number;
  /** Scraped each second. */
  readonly targets?: readonly ScrapeTarget[];
  /** Contents of a rule file. */
  readonly rules?: string;
  /** Rule files as they are. */
  readonly ruleFiles?: readonly string[];
  /** `127.0.0.1:<port>` of the Alertmanager that gets the alerts. */
  readonly alertmanager?: string;
  /** Samples of the past: text with a timestamp in seconds on each line, ended by `# EOF`. */
  readonly past?: string;
}

export async function startPrometheus(options: EngineOptions): Promise<PromqlEngine> {
  const { rules, past, port = await closedPort() } = options;
  const folder = await mkdtemp(join(tmpdir(), 'meshlock-prometheus-'));
  const data = join(folder, 'data');
  if (past !== undefined) await backfill(folder, data, past);
  const config = await writeConfig(folder, options);
  if (rules !== undefined) await writeFile(join(folder, 'mesh.rules.yaml'), rules);
  const program = new ServerProgram('prometheus', [
    `--config.file=${config}`,
    `--storage.tsdb.path=${data}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--storage.tsdb.retention.size=64MB',
    '--log.level=warn',
  ]);
  const url = `http://127.0.0.1:${port}`;
  await answersOrEnds(program, `${url}/-/ready`, folder);
  return { url, said: () => program.said, stop: () => stopAll([program], folder) };
}

/** Scrapes nothing: give it a past, then whatever `write` brings. */
export async function startVictoriaMetrics({
  past,
}: Pick<EngineOptions, 'past'> = {}): Promise<PromqlEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'meshlock-victoria-'));
  const port = await closedPort();
  const url = `http://127.0.0.1:${port}`;
  const program = new ServerProgram('victoria-metrics', [
    `-storageDataPath=${join(folder, 'data')}`,
    `-httpListenAddr=127.0.0.1:${port}`,
    // It holds the last 30 s back otherwise, and keeps answers from before an import.
    '-search.latencyOffset=0s',
    '-search.disableCache',
    '-loggerLevel=ERROR',
  ]);
  await answersOrEnds(program, `${url}/health`, folder);
  if (past !== undefined) await importSamples(url, past);
  return { url, said: () => program.said, stop: () => stopAll([program], folder) };
}

/** Samples with a timestamp in seconds on each line; they can be found as soon as this is fulfilled. */
export async function importSamples(url: string, text: string): Promise<void> {
  const inMilliseconds = text.replaceAll(/^([^#].*) (\d+)$/gm, '$1 $2000');
  const response = await fetch(`${url}/api/v1/import/prometheus`, { method: 'POST', body: inMilliseconds });
  if (response.status !== 204) throw new Error(`not imported: ${response.status} ${await response.text()}`);
  await (await fetch(`${url}/internal/force_flush`)).body?.cancel();
}

async function answersOrEnds(program: ServerProgram, url: string, folder: string): Promise<void> {
  try {
    await program.answers(url);
  } catch (error) {
    await stopAll([program], folder);
    throw error;
  }
}

async function stopAll(programs: readonly ServerProgram[], folder: string): Promise<void> {
  await Promise.all(programs.map((program) => program.stop()));
  await rm(folder, { recursive: true, force: true });
}

async function writeConfig(
  folder: string,
  { targets = [], ruleFiles = [], alertmanager }: EngineOptions,
): Promise<string> {
  const path = join(folder, 'config.yaml');
  // A scrape configuration for each node: one server of ours may play all of them, told apart by path.
  const jobs = targets.map(({ address, path: metricsPath, instance, job = 'mesh', token }, index) => ({
    job_name: `mesh-${index}`,
    metrics_path: metricsPath,
    ...(token !== undefined && { authorization: { credentials: token } }),
    static_configs: [{ targets: [address], labels: { job, instance } }],
  }));
  const config = {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: [join(folder, '*.rules.yaml'), ...ruleFiles],
    ...(alertmanager !== undefined && {
      alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager] }] }] },
    }),
    scrape_configs: jobs,
  };
  // JSON is YAML.
  await writeFile(path, JSON.stringify(config));
  return path;
}

async function backfill(folder: string, data: string, past: string): Promise<void> {
  const path = join(folder, 'past.txt');
  await writeFile(path, past);
  const { status, stdout, stderr } = spawnSync(
    promtool,
    ['tsdb', 'create-blocks-from', 'openmetrics', '--quiet', path, data],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`the past was not written: ${stdout}${stderr}`);
}
