/**
 * Prometheus over the mesh with the rules of `alerts/`, and Alertmanager that pages the demonstration, as far as they are
 * installed. Scrapes and evaluates every two seconds instead of every fifteen, so that a story takes a minute.
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LocalMesh } from '../../mesh/local-mesh.ts';
import { freePort } from '../listening.ts';
import { repository } from '../proxy.ts';
import { Daemon, isInstalled } from './daemon.ts';
import { fetched } from './fetched.ts';
import { type Page, Pager } from './pager.ts';

const programs = { prometheus: 'prometheus', alertmanager: 'prometheus-alertmanager' } as const;
const wantedPort = { prometheus: 9090, alertmanager: 9093 } as const;
const period = '2s';
const rulesFolder: string = join(repository, 'alerts');

export interface Alert {
  readonly state: 'pending' | 'firing';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export class Monitoring {
  readonly #daemons: Daemon[] = [];
  readonly #pager: Pager = new Pager();
  #prometheus = '';
  #alertmanager = '';
  /** It may be stopped while it starts; then nothing further may begin to run. */
  #isOver = false;

  /** Address of Prometheus; empty: it is not installed. */
  get prometheus(): string {
    return this.#prometheus;
  }

  /** Address of Alertmanager; empty: it is not installed, or Prometheus is not. */
  get alertmanager(): string {
    return this.#alertmanager;
  }

  /** What Alertmanager has sent so far. */
  get pages(): readonly Page[] {
    return this.#pager.pages;
  }

  get daemons(): readonly Daemon[] {
    return this.#daemons;
  }

  /** Starts what is installed; `folder` is for its files. Rejects when one does not start, with its log, or is stopped. */
  async start(mesh: LocalMesh, folder: string): Promise<void> {
    if (!isInstalled(programs.prometheus)) return;
    if (isInstalled(programs.alertmanager)) await this.#startAlertmanager(join(folder, 'alertmanager'));
    await this.#startPrometheus(mesh, join(folder, 'prometheus'));
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#daemons.map(async (daemon) => daemon.stop()));
    this.#pager.stop();
  }

  /** Alerts of Prometheus, those that wait for their time included. */
  async alerts(): Promise<readonly Alert[]> {
    const answer = await fetched<{ readonly data: { readonly alerts: readonly Alert[] } }>(
      `${this.#prometheus}/api/v1/alerts`,
    );
    return answer.data.alerts;
  }

  async #startAlertmanager(folder: string): Promise<void> {
    await mkdir(folder);
    await this.#pager.start();
    const port = await freePort(wantedPort.alertmanager);
    const file = join(folder, 'alertmanager.yml');
    await writeFile(file, alertmanagerFile(this.#pager.url));
    const daemon = this.#run(programs.alertmanager, [
      `--config.file=${file}`,
      `--storage.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      // No peers.
      '--cluster.listen-address=',
      '--log.level=warn',
    ]);
    this.#alertmanager = `http://127.0.0.1:${port}`;
    await daemon.answers(`${this.#alertmanager}/-/ready`);
  }

  async #startPrometheus(mesh: LocalMesh, folder: string): Promise<void> {
    await mkdir(folder);
    const rules = await copyRules(folder);
    const port = await freePort(wantedPort.prometheus);
    const file = join(folder, 'prometheus.yml');
    await writeFile(file, prometheusFile({ mesh, rules, alertmanager: this.#alertmanager }));
    const daemon = this.#run(programs.prometheus, [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      '--storage.tsdb.retention.size=256MB',
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=warn',
    ]);
    this.#prometheus = `http://127.0.0.1:${port}`;
    await daemon.answers(`${this.#prometheus}/-/ready`);
  }

  #run(program: string, words: readonly string[]): Daemon {
    if (this.#isOver) throw new Error(`${program} was stopped while it started`);
    const daemon = new Daemon(program, words);
    this.#daemons.push(daemon);
    return daemon;
  }
}

/** The rules as they are, but evaluated as often as there is something new to evaluate. */
async function copyRules(folder: string): Promise<readonly string[]> {
  const names = (await readdir(rulesFolder)).filter((name) => name.endsWith('.yaml'));
  const copies = await Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(rulesFolder, name), 'utf8');
      // Not every file there has rules: one shows how Alertmanager is set up.
      if (!/^groups:/m.test(text)) return [];
      const copy = join(folder, name);
      await writeFile(copy, text.replaceAll(/^( {4}interval:).*$/gm, `$1 ${period}`));
      return [copy];
    }),
  );
  return copies.flat();
}

/** JSON is YAML. */
function prometheusFile({
  mesh,
  rules,
  alertmanager,
}: {
  readonly mesh: LocalMesh;
  readonly rules: readonly string[];
  readonly alertmanager: string;
}): string {
  const targets = (urls: readonly string[]) => [{ targets: urls.map((url) => new URL(url).host) }];
  return JSON.stringify({
    global: { scrape_interval: period, scrape_timeout: period, evaluation_interval: period },
    rule_files: rules,
    scrape_configs: [
      { job_name: 'meshlock', static_configs: targets(mesh.nodes.map(({ admin }) => admin)) },
      {
        job_name: 'meshlock-aggregate',
        authorization: { credentials: mesh.aggregator.token },
        static_configs: targets([mesh.aggregator.url]),
      },
    ],
    ...(alertmanager === ''
      ? {}
      : { alerting: { alertmanagers: [{ static_configs: targets([alertmanager]) }] } }),
  });
}

function alertmanagerFile(pager: string): string {
  return JSON.stringify({
    route: {
      receiver: 'on-call',
      group_by: ['...'],
      group_wait: '0s',
      group_interval: '5s',
      repeat_interval: '1h',
    },
    receivers: [{ name: 'on-call', webhook_configs: [{ url: pager, send_resolved: false }] }],
  });
}
