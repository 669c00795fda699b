/**
 * A Chromium without a window, driven over its DevTools protocol: enough to open a page, act on it, look at it, and know
 * everything it asked for and complained about. It resolves no name, so what it shows came from this machine.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { DevTools } from './dev-tools.ts';
import { Tab } from './tab.ts';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Path of the first browser on this machine; `null` when there is none. */
export function findBrowser(): string | null {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter))
    for (const name of names) if (isExecutable(join(folder, name))) return join(folder, name);
  return null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const flags = [
  '--headless=new',
  '--remote-debugging-pipe',
  // Runs as root in containers, where there is no sandbox to be had and little shared memory.
  '--no-sandbox',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-extensions',
  '--disable-sync',
  '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1',
  // WebGL, which speedscope draws with, on the processor.
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
];

export class Browser {
  readonly #process: ChildProcess;
  readonly #devTools: DevTools;
  readonly #profile: string;

  private constructor(process: ChildProcess, devTools: DevTools, profile: string) {
    this.#process = process;
    this.#devTools = devTools;
    this.#profile = profile;
  }

  /** Rejects when it does not start. */
  static async launch(executable: string): Promise<Browser> {
    const profile = await mkdtemp(join(tmpdir(), 'meshlock-browser-'));
    const child = spawn(executable, [...flags, `--user-data-dir=${profile}`, 'about:blank'], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    });
    const devTools = new DevTools(child);
    const browser = new Browser(child, devTools, profile);
    try {
      await devTools.send('Browser.getVersion');
      return browser;
    } catch (error) {
      await browser.close();
      throw error;
    }
  }

  /** An empty page of its own, in light colours and 1280 pixels wide. */
  async tab(): Promise<Tab> {
    const { targetId } = await this.#devTools.send<{ targetId: string }>('Target.createTarget', {
      url: 'about:blank',
    });
    return Tab.attach(this.#devTools, targetId);
  }

  async close(): Promise<void> {
    const gone = new Promise((resolve) => this.#process.once('exit', resolve));
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      this.#process.kill('SIGKILL');
      await gone;
    }
    // Its helpers write for a moment after it has gone.
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }
}
