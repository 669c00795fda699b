/** One tab of the browser: where it is, what it shows, what it asked for and what it complained about. */
import { writeFile } from 'node:fs/promises';
import type { DevTools } from './dev-tools.ts';

interface Evaluation {
  readonly result: { readonly value?: unknown };
  readonly exceptionDetails?: {
    readonly text: string;
    readonly exception?: { readonly description?: string };
  };
}

/** In pixels of the page. */
export interface Clip {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Longer than anything here takes on a busy machine. */
const patienceMs = 10_000;

export class Tab {
  /** Addresses of all requests, also of those that were blocked. */
  readonly requests: string[] = [];
  /** Errors on the console, uncaught exceptions, and what a policy forbade. */
  readonly complaints: string[] = [];
  readonly #devTools: DevTools;
  readonly #target: string;
  readonly #session: string;

  private constructor(devTools: DevTools, target: string, session: string) {
    this.#devTools = devTools;
    this.#target = target;
    this.#session = session;
    devTools.listen(session, (method, params) => this.#note(method, params));
  }

  /** Of a target that the browser has made. */
  static async attach(devTools: DevTools, targetId: string): Promise<Tab> {
    const { sessionId } = await devTools.send<{ sessionId: string }>('Target.attachToTarget', {
      targetId,
      flatten: true,
    });
    const tab = new Tab(devTools, targetId, sessionId);
    for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await tab.#send(`${domain}.enable`);
    await tab.look({ width: 1280, scheme: 'light' });
    return tab;
  }

  async open(url: string): Promise<void> {
    const { errorText = '' } = await this.#send<{ errorText?: string }>('Page.navigate', { url });
    if (errorText !== '') throw new Error(`${url}: ${errorText}`);
  }

  async look({
    width,
    scheme,
  }: {
    readonly width: number;
    readonly scheme: 'light' | 'dark';
  }): Promise<void> {
    const metrics = { width, height: 900, deviceScaleFactor: 1, mobile: false };
    await this.#send('Emulation.setDeviceMetricsOverride', metrics);
    const features = [{ name: 'prefers-color-scheme', value: scheme }];
    await this.#send('Emulation.setEmulatedMedia', { features });
  }

  /** The value of an expression, awaited. Rejects with what it throws. */
  async evaluate<T>(expression: string): Promise<T> {
    const options = { expression, awaitPromise: true, returnByValue: true, userGesture: true };
    const { result, exceptionDetails } = await this.#send<Evaluation>('Runtime.evaluate', options);
    if (exceptionDetails !== undefined)
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value as T;
  }

  /** The first value of the expression that is true in JavaScript's sense; an error of its own means not yet. */
  async until<T = unknown>(expression: string): Promise<T> {
    const deadline = performance.now() + patienceMs;
    for (;;) {
      const value = await this.evaluate<T>(
        `(() => { try { return (${expression}); } catch { return null; } })()`,
      ).catch(() => null);
      if (value !== null && value !== undefined && value !== false && value !== '' && value !== 0)
        return value;
      if (performance.now() > deadline)
        throw new Error(`never came true in the page: ${expression}\n${await this.#state()}`);
      // A frame of the page.
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Text of the element as a reader sees it, once it is to be seen. */
  text(selector: string): Promise<string> {
    const element = `document.querySelector(${JSON.stringify(selector)})`;
    return this.until<string>(`${element}.checkVisibility() && ${element}.innerText.trim()`);
  }

  async click(selector: string): Promise<void> {
    await this.until(`document.querySelector(${JSON.stringify(selector)})`);
    await this.evaluate(`document.querySelector(${JSON.stringify(selector)}).click()`);
  }

  /** Chooses from a select, as a person would. */
  async choose(selector: string, value: string): Promise<void> {
    const select = `document.querySelector(${JSON.stringify(selector)})`;
    await this.until(`[...${select}.options].some((option) => option.value === ${JSON.stringify(value)})`);
    await this.evaluate(
      `${select}.value = ${JSON.stringify(value)}; ${select}.dispatchEvent(new Event('change', { bubbles: true }))`,
    );
  }

  async press(key: string): Promise<void> {
    const text = key === 'Enter' ? '\r' : '';
    const windowsVirtualKeyCode = { Enter: 13, Tab: 9, Escape: 27 }[key] ?? 0;
    await this.#send('Input.dispatchKeyEvent', {
      type: 'keyDown',
      key,
      code: key,
      text,
      windowsVirtualKeyCode,
    });
    await this.#send('Input.dispatchKeyEvent', { type: 'keyUp', key, code: key, windowsVirtualKeyCode });
  }

  /** Of a part of the page, also beyond what is in view, as a PNG file. */
  async picture(path: string, clip: Clip): Promise<void> {
    const options = { format: 'png', captureBeyondViewport: true, clip: { ...clip, scale: 1 } };
    const { data } = await this.#send<{ data: string }>('Page.captureScreenshot', options);
    await writeFile(path, Buffer.from(data, 'base64'));
  }

  async close(): Promise<void> {
    await this.#devTools.send('Target.closeTarget', { targetId: this.#target });
  }

  async #state(): Promise<string> {
    const shown = await this.evaluate<string>('document.body?.innerText.slice(0, 2000)').catch(String);
    return `${this.complaints.join('\n')}\n${shown}`;
  }

  #send<T>(method: string, params: object = {}): Promise<T> {
    return this.#devTools.send<T>(method, params, this.#session);
  }

  #note(method: string, params: unknown): void {
    const event = params as {
      readonly request?: { readonly url: string };
      readonly type?: string;
      readonly args?: readonly { readonly value?: unknown; readonly description?: string }[];
      readonly exceptionDetails?: {
        readonly text: string;
        readonly exception?: { readonly description?: string };
      };
      readonly entry?: { readonly level: string; readonly text: string; readonly url?: string };
    };
    if (method === 'Network.requestWillBeSent') this.requests.push(event.request!.url);
    if (method === 'Runtime.consoleAPICalled' && event.type === 'error')
      this.complaints.push(
        event
          .args!.map(({ value, description }) =>
            typeof value === 'string' ? value : (description ?? JSON.stringify(value)),
          )
          .join(' '),
      );
    if (method === 'Runtime.exceptionThrown')
      this.complaints.push(event.exceptionDetails!.exception?.description ?? event.exceptionDetails!.text);
    if (method === 'Log.entryAdded' && event.entry!.level === 'error')
      this.complaints.push(`${event.entry!.text} ${event.entry!.url ?? ''}`);
  }
}
