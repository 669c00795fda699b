/**
 * The program as people run it: `meshlock` in a process of its own, with its log, its admin plane and its signals. What
 * a test wants to know it learns from these, as an operator would.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { repositoryRoot } from '../../../build/executable.ts';
import { within } from '../harness/index.ts';
import { type Answer, call, type CallOptions } from './call.ts';
import { LogReader } from './log-reader.ts';
import { readSamples, type Samples } from './samples.ts';

/** As in the file: JSON is YAML, too. */
export type Configuration = Readonly<Record<string, unknown>>;

export interface LaunchOptions {
  /** In place of `run -c <file>`. */
  readonly words?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Puts into its directory what the configuration names. */
  readonly prepare?: (directory: string) => Promise<void>;
  /** Of the program; without it the sources are run. */
  readonly program?: string;
  /** The most file descriptors that it may have; it cannot raise that. */
  readonly descriptors?: number;
}

/** `code` is null when a signal ended it. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const exitMs = 12_000;

export class Meshlock {
  /** Where its configuration is, and what a test wants to put beside it. Removed in the end. */
  readonly directory: string;
  readonly configFile: string;
  readonly log: LogReader;
  /** Standard output. */
  readonly output: LogReader;
  readonly exited: Promise<Exit>;
  readonly #process: ChildProcess;
  #writes = 0;

  constructor(directory: string, options: LaunchOptions) {
    this.directory = directory;
    this.configFile = join(directory, 'meshlock.json');
    const { words = ['run', '-c', this.configFile], environment = {}, program = sources } = options;
    const [file = '', ...parameters] = limited([process.execPath, program, ...words], options.descriptors);
    this.#process = spawn(file, parameters, {
      cwd: directory,
      // Captures go beside the configuration, not to the home of whoever runs the tests.
      env: { ...process.env, XDG_STATE_HOME: directory, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.output = new LogReader(this.#process.stdout!);
    this.log = new LogReader(this.#process.stderr!);
    // `close` comes when the last of the log has been read, too.
    this.exited = once(this.#process, 'close').then(([code, signal]: unknown[]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
    }));
  }

  get pid(): number {
    return this.#process.pid!;
  }

  get hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  /** Waits until it serves. */
  async started(): Promise<void> {
    await this.log.line(/^admin API and metrics on /);
  }

  /** Port of a listener that the first configuration has. */
  port(listener = 'web'): number {
    return this.#port(new RegExp(`^listener ${listener} accepts .*:(\\d+)$`));
  }

  get adminPort(): number {
    return this.#port(/^admin API and metrics on .*:(\d+)$/);
  }

  admin(path: string, options: CallOptions = {}): Promise<Answer> {
    return call(this.adminPort, path, options);
  }

  /** The answer as JSON, which must be a good one. */
  async adminJson<T>(path: string, options: CallOptions = {}): Promise<T> {
    const answer = await this.admin(path, { ...options, headers: { accept: 'application/json' } });
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.body}`);
    return JSON.parse(answer.body) as T;
  }

  /** What `/metrics` says now. */
  async metrics(): Promise<Samples> {
    return readSamples((await this.admin('/metrics')).body);
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }

  /** Replaces the file in one step, as editors do. */
  async write(configuration: Configuration | string): Promise<void> {
    const text = typeof configuration === 'string' ? configuration : JSON.stringify(configuration);
    const fresh = `${this.configFile}.${++this.#writes}`;
    await writeFile(fresh, text);
    await rename(fresh, this.configFile);
  }

  /** Waits for its end. */
  ended(): Promise<Exit> {
    return within(this.exited, () => `the end of the process; its log:\n${this.log.text}`, exitMs);
  }

  /** SIGTERM, and its end. */
  async stop(): Promise<Exit> {
    this.signal('SIGTERM');
    return this.ended();
  }

  /** Whatever state it is in. */
  async dispose(): Promise<void> {
    if (!this.hasEnded) process.kill(this.pid, 'SIGKILL');
    await this.exited;
    await rm(this.directory, { recursive: true, force: true });
  }

  #port(line: RegExp): number {
    const [found] = this.log.matching(line);
    if (found === undefined) throw new Error(`no line ${line.source} in the log:\n${this.log.text}`);
    return Number(line.exec(found.message)![1]);
  }
}

/** The command under a limit, in the same process. */
function limited(command: readonly string[], descriptors?: number): readonly string[] {
  if (descriptors === undefined) return command;
  return ['/bin/sh', '-c', `ulimit -n ${descriptors} && exec "$@"`, 'sh', ...command];
}

const sources = join(repositoryRoot, 'src', 'main.ts');

/** Runs until `dispose`. Answers when it serves; rejects when it ends before. */
export async function launchMeshlock(
  configuration: Configuration | string | ((directory: string) => Configuration),
  options: LaunchOptions = {},
): Promise<Meshlock> {
  const mesh = await spawnMeshlock(configuration, options);
  try {
    await mesh.started();
  } catch (error) {
    await mesh.dispose();
    throw error;
  }
  return mesh;
}

/** `launchMeshlock`, until the test is over. */
export async function startMeshlock(...parameters: Parameters<typeof launchMeshlock>): Promise<Meshlock> {
  const mesh = await launchMeshlock(...parameters);
  onTestFinished(() => mesh.dispose());
  return mesh;
}

/** Waits until it has ended, for what cannot start. */
export async function runMeshlock(
  ...parameters: Parameters<typeof launchMeshlock>
): Promise<{ readonly exit: Exit; readonly log: LogReader }> {
  const mesh = await spawnMeshlock(...parameters);
  try {
    return { exit: await mesh.ended(), log: mesh.log };
  } finally {
    await mesh.dispose();
  }
}

/** Runs until `dispose`; it has only been started. */
export async function spawnMeshlock(
  configuration: Parameters<typeof launchMeshlock>[0],
  options: LaunchOptions = {},
): Promise<Meshlock> {
  const directory = await mkdtemp(join(tmpdir(), 'meshlock-'));
  await options.prepare?.(directory);
  const content = typeof configuration === 'function' ? configuration(directory) : configuration;
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  await writeFile(join(directory, 'meshlock.json'), text);
  return new Meshlock(directory, options);
}
