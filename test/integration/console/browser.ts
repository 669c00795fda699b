/**
 * Debian's Chromium without a window, for pages of the admin port: what a tab asked for and complained about is kept, and
 * no name is resolved, so what it shows came from this machine.
 */
import { accessSync, constants } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { repositoryRoot } from '../../../build/executable.ts';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Path of the first browser on this machine; `null` when there is none. */
function findBrowser(): string | null {
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

const executable = findBrowser();
export const hasBrowser: boolean = executable !== null;
if (!hasBrowser) console.log('skipped: no Chromium is on the path, so nothing can look at the console');

const flags = [
  '--headless=new',
  // Runs as root in containers, where there is no sandbox to be had and little shared memory.
  '--no-sandbox',
  '--disable-dev-shm-usage',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1',
  // WebGL, which speedscope draws with, on the processor.
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
];

/** Longer than anything here takes on a busy machine. */
const patienceMs = 15_000;

/** With a new profile folder, which goes with it. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: executable!, args: flags });
}

export interface Look {
  readonly width?: number;
  readonly scheme?: 'light' | 'dark';
  /** Given to who asks for it with a 401, as the password. */
  readonly token?: string;
}

export interface Tab {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Addresses of all requests, also of those that were blocked. */
  readonly requests: string[];
  /** Errors on the console, uncaught exceptions, and what a policy forbade. */
  readonly complaints: string[];
}

/** A tab without a past; the caller closes its context. */
export async function openTab(
  browser: Browser,
  { width = 1280, scheme = 'light', token }: Look = {},
): Promise<Tab> {
  const context = await browser.newContext({
    viewport: { width, height: 900 },
    colorScheme: scheme,
    reducedMotion: 'reduce',
    ...(token !== undefined && { httpCredentials: { username: 'console', password: token } }),
  });
  context.setDefaultTimeout(patienceMs);
  const page = await context.newPage();
  const tab: Tab = { page, context, requests: [], complaints: [] };
  context.on('request', (request) => tab.requests.push(request.url()));
  context.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning')
      tab.complaints.push(`${message.text()} ${message.location().url}`);
  });
  context.on('weberror', (error) => tab.complaints.push(String(error.error())));
  return tab;
}

/** `openTab`, until the test is over. */
export async function startTab(browser: Browser, look: Look = {}): Promise<Tab> {
  const tab = await openTab(browser, look);
  onTestFinished(() => tab.context.close());
  return tab;
}

/** The requests that went elsewhere than to `origin`. */
export function strangers({ requests }: Tab, origin: string): string[] {
  return requests.filter((url) => !url.startsWith(`${origin}/`) && !/^(data|blob|about):/.test(url));
}

/** For people: `.tmp/screenshots/<name>.png`. The page scrolls to its top first. */
export async function picture(page: Page, name: string, whole = true): Promise<void> {
  const folder = join(repositoryRoot, '.tmp', 'screenshots');
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: whole });
}

/** Whether the page is wider than its window, and what sticks out. */
export function overflow(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(`(() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    const wide = [...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > width + 1);
    return ['the page is wider than its window', ...wide.slice(0, 10).map((one) => one.outerHTML.slice(0, 80))];
  })()`);
}

/** Has the console ask at once instead of at its next turn. */
export async function hurry(page: Page): Promise<void> {
  await page.click('#pause');
  await page.click('#pause');
}

/** Id of the element that has the focus. */
export function focused(page: Page): Promise<string> {
  return page.evaluate<string>('document.activeElement?.id ?? ""');
}
