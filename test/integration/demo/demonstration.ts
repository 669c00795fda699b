/** `npm run demo` in a process of its own, with a temporary folder of its own, and what it says. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '../../../build/executable.ts';
import { eventually } from '../process/eventually.ts';

const program = join(repositoryRoot, 'examples', 'demo', 'mesh', 'start.ts');

export class Demonstration {
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #exit: Promise<number | null>;
  #said = '';

  private constructor(folder: string, words: readonly string[], path = process.env['PATH']) {
    this.#folder = folder;
    this.#child = spawn(process.execPath, [program, ...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, TMPDIR: folder, PATH: path },
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#said += text;
      });
    this.#exit = once(this.#child, 'close').then(([code]: unknown[]) => code as number | null);
  }

  /** `path`: where programs are looked for; the usual places otherwise. */
  static async start(words: readonly string[], path?: string): Promise<Demonstration> {
    return new Demonstration(await mkdtemp(join(tmpdir(), 'meshlock-told-')), words, path);
  }

  /** As it came; lines are wrapped. */
  get output(): string {
    return this.#said;
  }

  /** With single spaces in place of all white space, so that a sentence is found wherever it was wrapped. */
  get text(): string {
    return this.#said.replaceAll(/\s+/g, ' ');
  }

  /** Its exit code, once it has ended. */
  get exit(): Promise<number | null> {
    return this.#exit;
  }

  async says(pattern: RegExp, withinMs: number): Promise<RegExpExecArray> {
    return eventually(
      () => pattern.exec(this.text) ?? undefined,
      () => `${pattern.source} in:\n${this.#said}`,
      withinMs,
    );
  }

  interrupt(): void {
    this.#child.kill('SIGINT');
  }

  /** Ids of the processes below it, with their command lines. */
  async processes(): Promise<ReadonlyMap<number, string>> {
    const found = new Map<number, string>();
    const parents = new Set([this.#child.pid]);
    // Children come after their parents, but for numbers that began anew: then a second look finds them.
    for (let look = 0; look < 3; look++)
      for (const [pid, parent, command] of await running())
        if (parents.has(parent)) {
          parents.add(pid);
          found.set(pid, command);
        }
    return found;
  }

  /** What it has left among the temporary files. */
  async leftovers(): Promise<readonly string[]> {
    return readdir(this.#folder);
  }

  /** Whatever state it is in. */
  async dispose(): Promise<void> {
    // An end in order first: one by force leaves the programs of others running.
    this.#child.kill('SIGTERM');
    const force = setTimeout(() => this.#child.kill('SIGKILL'), 15_000);
    await this.#exit;
    clearTimeout(force);
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Processes that run now. */
export async function running(): Promise<
  readonly (readonly [pid: number, parent: number, command: string])[]
> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const all = await Promise.all(
    pids.map(async (pid) => {
      const [stat, command] = await Promise.all(
        ['stat', 'cmdline'].map(async (file) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')),
      );
      // `pid (name) state parent ...`; the name may have anything in it.
      const fields = /\) (\S) (\d+) /.exec(stat ?? '');
      if (fields === null || fields[1] === 'Z') return [];
      return [[Number(pid), Number(fields[2]), (command ?? '').replaceAll('\0', ' ')] as const];
    }),
  );
  return all.flat().sort(([a], [b]) => a - b);
}
