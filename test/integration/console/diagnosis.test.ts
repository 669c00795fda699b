/** Captures, readings and decisions in the console, in a real browser over the real admin port. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import {
  focused,
  hasBrowser,
  launchBrowser,
  openTab,
  overflow,
  picture,
  startTab,
  strangers,
  type Tab,
} from './browser.ts';
import { type AdminPort, openAdminPort } from './harness.ts';
import { culpritSentence, hostileName } from './planted-facts.ts';
import { PlantedMonitor } from './planted-monitor.ts';
import { type Profiles, recordProfiles } from './profiles.ts';

let browser: Browser;
let profiles: Profiles;
/** One page for all tests that only look. */
let shared: Opened;

interface Opened {
  readonly tab: Tab;
  readonly page: Page;
  readonly monitor: PlantedMonitor;
  readonly port: AdminPort;
  close(): Promise<unknown>;
}

/** The page with everything drawn. */
async function open(): Promise<Opened> {
  const monitor = new PlantedMonitor(profiles, Date.now());
  const port = await openAdminPort({ monitor, obstacle: '' });
  const tab = await openTab(browser);
  const { page } = tab;
  const close = (): Promise<unknown> => Promise.all([tab.context.close(), port.close()]);
  await page.goto(`${port.origin}/console`);
  await page.locator('.card').first().waitFor();
  await page.locator('#charts svg.chart .line.limit').first().waitFor({ state: 'attached' });
  return { tab, page, monitor, port, close };
}

/** Of its own, for a test that changes it. */
async function openPage(): Promise<Opened> {
  const opened = await open();
  onTestFinished(async () => void (await opened.close()));
  return opened;
}

/** Has the page ask at once instead of at its next turn. */
async function hurry(page: Page): Promise<void> {
  await page.click('#pause');
  await page.click('#pause');
}

describe.runIf(hasBrowser)('self-diagnosis in the console', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    [browser, profiles] = await Promise.all([launchBrowser(), recordProfiles()]);
    shared = await open();
  }, 60_000);
  afterAll(async () => {
    await shared?.close();
    await browser?.close();
  });

  test("says the newest capture's sentence, asks nobody else and complains of nothing", async () => {
    const { tab, page, port } = shared;
    expect(await page.innerText('.card h3')).toBe(culpritSentence);
    expect(await page.innerText('#newest')).toBe(culpritSentence);
    expect(await page.innerText('#verdict')).toBe('Data thread 2 does not answer');
    expect(await page.title()).toBe('Data thread 2 does not answer · cart-7f9');
    expect(tab.requests.length).toBeGreaterThan(20);
    expect(strangers(tab, port.origin)).toEqual([]);
    expect(tab.complaints).toEqual([]);
    await picture(page, 'planted-light');
  });

  test('shows what stands behind a capture, and a name from a profile as text only', async () => {
    const { page } = shared;
    await page.locator('.card details summary').first().click();
    const details = await page.locator('.card .details').first().innerText();
    for (const text of [
      'filters/user/audit.ts:31',
      'regular expression',
      'filter audit',
      'onRequestHead',
      hostileName,
    ])
      expect(details).toContain(text);
    expect(await page.locator('main img').count()).toBe(0);
    expect(await page.title()).not.toBe('broken in');
  });

  test('shows all of a capture of any kind', async () => {
    const { page } = shared;
    await page.evaluate("for (const fold of document.querySelectorAll('.card details')) fold.open = true");
    await expect.poll(() => page.locator('.card .facts').count()).toBe(6);
    const cut =
      "[...document.querySelectorAll('.card')].filter((card) => card.scrollHeight > card.clientHeight + 1)";
    expect(await page.evaluate(`${cut}.map((card) => card.id)`)).toEqual([]);
    for (const kind of ['cpu', 'heap', 'handles', 'stack'])
      expect(await page.locator(`.card.kind-${kind}`).count()).toBeGreaterThan(0);
  });

  test('draws the reading that led to a capture beside it', async () => {
    const { page } = shared;
    const figure = page.locator('.card.kind-heap figure.led').first();
    expect(await figure.locator('figcaption').innerText()).toMatch(/^Heap, of limit\s+rule heap$/);
    expect(await figure.locator('.mark').count()).toBe(1);
  });

  test('shows every subject with its state and what is wrong with it', async () => {
    const list = await shared.page.innerText('#subjects-list');
    for (const text of [
      'stuck',
      'a heap profile is being taken',
      'the thread did not answer within 5 s',
      'out of memory',
    ])
      expect(list).toContain(text);
  });

  test('marks in the table of readings where a capture was taken, and leads there', async () => {
    const { page, monitor } = shared;
    const cell = page.locator('#matrix [data-key^="data-2 "] a.cell.struck').first();
    expect(await cell.getAttribute('title')).toContain(culpritSentence);
    await cell.click();
    await expect.poll(() => focused(page)).toBe(`capture-${monitor.records[0]!.id}`);
  });

  test('draws readings with their limit, what reached it in red, and says all of it in words', async () => {
    const { page } = shared;
    const chart = page.locator('[data-key="data-2"] [data-key="cpu"] svg.chart').first();
    await chart.waitFor();
    expect(await page.locator('#charts svg.chart').count()).toBeGreaterThan(6);
    const value = (await chart.locator('.line.value').getAttribute('d')) ?? '';
    // Two pieces, because a reading is missing, and no number that is none.
    expect(value.match(/M/g)).toHaveLength(2);
    expect(value).not.toContain('NaN');
    expect(await chart.locator('.line.over').getAttribute('d')).toMatch(/^M/);
    expect(await chart.getAttribute('aria-label')).toMatch(
      /^CPU of data-2: now \d.* limit \d.*reached it \d+ times, \d trigger/,
    );
    expect(await page.locator('[data-key="data-2"] [data-key="cpu"] .limits').innerText()).toBe(
      '≥ 70 % · avg + 25 %, min 10 %',
    );
  });

  test('opens at the capture that its address names, also one that is not among the newest', async () => {
    const monitor = new PlantedMonitor(profiles, Date.now());
    const { id } = monitor.records.at(-1)!;
    const port = await openAdminPort({ monitor, obstacle: '' });
    onTestFinished(() => port.close());
    const { page } = await startTab(browser);
    await page.goto(`${port.origin}/console#capture-${id}`);
    await expect.poll(() => focused(page), { timeout: 10_000 }).toBe(`capture-${id}`);
  });

  test('is found at the address of the page that it replaced', async () => {
    const { page } = await startTab(browser);
    await page.goto(`${shared.port.origin}/holmes`);
    expect(page.url()).toBe(`${shared.port.origin}/console#captures`);
  });

  test('opens to whom the browser asks for the token of the admin port', async () => {
    const access = { monitor: new PlantedMonitor(profiles, Date.now()), obstacle: '' };
    const port = await openAdminPort(access, { token: 'admin-token' });
    onTestFinished(() => port.close());
    const { page: refused } = await startTab(browser);
    await expect(refused.goto(`${port.origin}/console`)).rejects.toThrow('ERR_INVALID_AUTH_CREDENTIALS');
    const tab = await startTab(browser, { token: 'admin-token' });
    await tab.page.goto(`${port.origin}/console`);
    expect(await tab.page.innerText('.card h3 >> nth=0')).toBe(culpritSentence);
    expect(await tab.page.evaluate('sessionStorage.length + localStorage.length')).toBe(0);
    // The browser knows it by now; nothing on the page does.
    await tab.page.locator('.card .delete').first().click();
    await tab.page.click('#confirm-yes');
    await expect.poll(() => access.monitor.records.length).toBe(7);
  });

  test('says what is wrong with the store', async () => {
    const { page } = shared;
    expect(await page.innerText('#store')).toMatch(
      / of 256 MiB[^]*8 captures of 200[^]*only in memory[^]*no space left/,
    );
    expect(await page.locator('#store .problem').count()).toBe(2);
  });

  test('lists decisions with their reasons, the quiet ones when asked for', async () => {
    const { page } = await openPage();
    expect(await page.innerText('#decisions')).toContain('the last capture by this rule was 38 s ago');
    expect(await page.innerText('#decisions')).not.toContain('is below min 10 %');
    await page.check('#decisions-quiet');
    await page.getByText('is below min 10 %').first().waitFor();
  });

  test('takes a capture of what is chosen and leads to it', async () => {
    const { page, monitor } = await openPage();
    await page.locator('#subjects-list [data-key="data-1"] button').click();
    await page.selectOption('#take-kind', 'cpu');
    await page.fill('#take-seconds', '2');
    await page.click('#take-button');
    expect(await page.innerText('#take-status a')).toBe('data-1 was idle for 2 s');
    expect(monitor.asked).toEqual([{ subject: 'data-1', kind: 'cpu', seconds: 2 }]);
    expect(await page.innerText('.card h3')).toBe('data-1 was idle for 2 s');
  });

  test('says why a capture was refused', async () => {
    const { page } = await openPage();
    await page.locator('#subjects-list [data-key="data-3"] button').click();
    await page.click('#take-button');
    expect(await page.innerText('#take-status.bad')).toBe('Not taken: one is being taken already');
  });

  test('asks before it stops a thread for a snapshot', async () => {
    const { page, monitor } = await openPage();
    await page.selectOption('#take-kind', 'snapshot');
    await page.click('#take-button');
    await page.click('#confirm-no');
    await page.locator('#confirm').waitFor({ state: 'detached' });
    expect(monitor.asked).toEqual([]);
  });

  test('deletes a capture when told twice, and not when the question is left with Escape', async () => {
    const { page, monitor } = await openPage();
    const { id } = monitor.records[0]!;
    await page.locator('.card .delete').first().click();
    await page.locator('#confirm').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('#confirm').waitFor({ state: 'detached' });
    expect(monitor.get(id)).not.toBe(null);
    await page.locator('.card .delete').first().click();
    await page.click('#confirm-yes');
    await page.locator(`[id="capture-${id}"]`).waitFor({ state: 'detached' });
    expect(monitor.get(id)).toBe(null);
  });

  test('keeps an open fold, the focus and the selection while it updates', async () => {
    const { page, monitor } = await openPage();
    await page.locator('.card details summary').first().click();
    await page.locator('.card .delete').first().focus();
    monitor.watched = monitor.watched.map((subject) => ({ ...subject, state: 'watched', problem: '' }));
    await expect.poll(() => page.innerText('#verdict'), { timeout: 10_000 }).not.toContain('does not answer');
    expect(await page.evaluate("document.activeElement.classList.contains('delete')")).toBe(true);
    expect(await page.evaluate("document.querySelector('.card details').open")).toBe(true);
  });

  test('says how to switch self-diagnosis on when it is off, and comes alive by itself', async () => {
    const access: { monitor: PlantedMonitor | null; obstacle: string } = {
      monitor: null,
      obstacle: 'holmes is switched off in meshlock.yaml',
    };
    const port = await openAdminPort(access);
    onTestFinished(() => port.close());
    const tab = await startTab(browser);
    const { page } = tab;
    await page.goto(`${port.origin}/console`);
    const text = await page.locator('#off').innerText();
    for (const part of [
      'holmes is switched off in meshlock.yaml',
      'holmes: true',
      `curl -X POST ${port.origin}/reload`,
    ])
      expect(text).toContain(part);
    access.monitor = new PlantedMonitor(profiles, Date.now());
    await hurry(page);
    await page.locator('.card').first().waitFor();
    expect(await page.locator('#off').isHidden()).toBe(true);
    expect(tab.complaints).toEqual([]);
  });

  test.each([360, 320])('fits a screen of %d pixels, with everything unfolded', async (width) => {
    const { page } = shared;
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true");
    await page.locator('.card .details').first().waitFor();
    await expect.poll(() => overflow(page)).toEqual([]);
    await picture(page, `planted-${width}`);
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.emulateMedia({ colorScheme: 'light' });
  });

  test.each([
    ['cpuprofile', 'guiltyOfEverything'],
    ['heapprofile', 'guiltyOfEverything'],
    ['pb.gz', 'leakySocket'],
  ])('opens a .%s as a flame graph', async (format, functionName) => {
    const { page, port } = shared;
    const links = "[...document.querySelectorAll('.card a.button.primary')].map(({ href }) => href)";
    const address = (await page.evaluate<string[]>(links)).find((href) => href.includes(`.${format}&`))!;
    const tab = await startTab(browser);
    await tab.page.goto(address);
    await tab.page.locator('canvas').nth(1).waitFor({ state: 'attached' });
    expect(await tab.page.title()).toMatch(/^data-\d (CPU profile|heap profile|handles) .* - speedscope$/);
    // The graph itself is a picture; the table of the same profile has words.
    await tab.page.goto('about:blank');
    await tab.page.goto(address.replace('view=left-heavy', 'view=sandwich'));
    await tab.page.getByText(functionName).first().waitFor();
    expect(strangers(tab, port.origin)).toEqual([]);
    expect(tab.complaints.filter((text) => !isOfTheMachine(text))).toEqual([]);
  });

  test('does not let a link load a profile from elsewhere into the viewer', async () => {
    const tab = await startTab(browser);
    await tab.page.goto(
      `${shared.port.origin}/speedscope/#profileURL=${encodeURIComponent('http://127.0.0.1:1/profile.json')}`,
    );
    await expect
      .poll(() => tab.complaints.join('\n'), { timeout: 5000 })
      .toContain('Content Security Policy');
  });
});

/** Warnings of WebGL on a machine without a graphics card. */
function isOfTheMachine(complaint: string): boolean {
  return /GL Driver|WebGL|GPU stall|swiftshader/i.test(complaint);
}
