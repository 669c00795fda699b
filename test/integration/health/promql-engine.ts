/** Real PromQL engines from Debian's packages, on free ports and in folders of their own, ended with the test. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closedPort } from '../harness/index.ts';
import { eventually } from '../process/eventually.ts';

const promtool = 'promtool';

export interface PromqlEngine {
  readonly url: string;
  /** Ends the processes, waits for them and removes their folder. */
  stop(): Promise<void>;
}

export interface ScrapeTarget {
  /** `127.0.0.1:<port>`, and the path there. */
  readonly address: string;
  readonly path: string;
  readonly instance: string;
}

interface EngineOptions {
  /** Scraped each second, as job `mesh`. */
  readonly targets?: readonly ScrapeTarget[];
  /** Contents of a rule file. */
  readonly rules?: string;
  /** Samples of the past: text with a timestamp in seconds on each line, ended by `# EOF`. */
  readonly past?: string;
}

export function isInstalled(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;
}

export async function startPrometheus({ targets = [], rules, past }: EngineOptions): Promise<PromqlEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'meshlock-prometheus-'));
  const data = join(folder, 'data');
  if (past !== undefined) await backfill(folder, data, past);
  const config = await writeConfig(folder, targets);
  if (rules !== undefined) await writeFile(join(folder, 'mesh.rules.yaml'), rules);
  const port = await closedPort();
  const program = new Program('prometheus', [
    `--config.file=${config}`,
    `--storage.tsdb.path=${data}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--storage.tsdb.retention.size=64MB',
    '--log.level=warn',
  ]);
  const url = `http://127.0.0.1:${port}`;
  await program.answers(`${url}/-/ready`);
  return { url, stop: () => stopAll([program], folder) };
}

/** Scrapes nothing: give it a past, then whatever `write` brings. */
export async function startVictoriaMetrics({
  past,
}: Pick<EngineOptions, 'past'> = {}): Promise<PromqlEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'meshlock-victoria-'));
  const port = await closedPort();
  const url = `http://127.0.0.1:${port}`;
  const program = new Program('victoria-metrics', [
    `-storageDataPath=${join(folder, 'data')}`,
    `-httpListenAddr=127.0.0.1:${port}`,
    // It holds the last 30 s back otherwise, and keeps answers from before an import.
    '-search.latencyOffset=0s',
    '-search.disableCache',
    '-loggerLevel=ERROR',
  ]);
  await program.answers(`${url}/health`);
  if (past !== undefined) await importSamples(url, past);
  return { url, stop: () => stopAll([program], folder) };
}

/** Samples with a timestamp in seconds on each line; they can be found as soon as this is fulfilled. */
export async function importSamples(url: string, text: string): Promise<void> {
  const inMilliseconds = text.replaceAll(/^([^#].*) (\d+)$/gm, '$1 $2000');
  const response = await fetch(`${url}/api/v1/import/prometheus`, { method: 'POST', body: inMilliseconds });
  if (response.status !== 204) throw new Error(`not imported: ${response.status} ${await response.text()}`);
  await (await fetch(`${url}/internal/force_flush`)).body?.cancel();
}

class Program {
  readonly #child: ChildProcess;
  #said = '';

  constructor(name: string, args: readonly string[]) {
    this.#child = spawn(name, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (piece: Buffer) => {
        this.#said = (this.#said + piece.toString()).slice(-4000);
      });
  }

  /** Until then; ended when it does not. */
  async answers(url: string): Promise<void> {
    try {
      await eventually(
        async () => {
          if (this.#child.exitCode !== null) throw new Error(`it ended at once: ${this.#said}`);
          const response = await fetch(url).catch(() => null);
          await response?.body?.cancel();
          return response?.status === 200 ? true : undefined;
        },
        () => `${url}: ${this.#said}`,
      );
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exit;
  }
}

async function stopAll(programs: readonly Program[], folder: string): Promise<void> {
  await Promise.all(programs.map((program) => program.stop()));
  await rm(folder, { recursive: true, force: true });
}

async function writeConfig(folder: string, targets: readonly ScrapeTarget[]): Promise<string> {
  const path = join(folder, 'config.yaml');
  // A job for each node: one server of ours plays all of them, told apart by path.
  const jobs = targets.map(({ address, path: metricsPath, instance }, index) => ({
    job_name: `mesh-${index}`,
    metrics_path: metricsPath,
    static_configs: [{ targets: [address], labels: { job: 'mesh', instance } }],
  }));
  const config = {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: [join(folder, '*.rules.yaml')],
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
