/** Captures, readings and decisions in the console, in a real browser over the real admin port. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import {
  focused,
  hasBrowser,
  hurry,
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

const soon = { timeout: 15_000, interval: 100 };

let browser: Browser;
let profiles: Profiles;
/** One page for all tests that only look. */
let shared: Opened;
/** One for all that change what there is, in their order. */
let changed: Opened;
/** For tests that come from elsewhere; another document each time. */
let visitor: Tab;

async function visit(address: string): Promise<Page> {
  const { page } = visitor;
  // An address that differs in its fragment only would not be loaded.
  await page.goto('about:blank');
  visitor.requests.length = 0;
  visitor.complaints.length = 0;
  await page.goto(address);
  return page;
}

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

describe.runIf(hasBrowser)('self-diagnosis in the console', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    [browser, profiles] = await Promise.all([launchBrowser(), recordProfiles()]);
    [shared, changed, visitor] = [await open(), await open(), await openTab(browser)];
  }, 60_000);
  afterAll(async () => {
    await Promise.all([shared?.close(), changed?.close(), visitor?.context.close()]);
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
    await expect.poll(() => page.locator('.card .facts').count(), soon).toBe(6);
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
    await expect.poll(() => focused(page), soon).toBe(`capture-${monitor.records[0]!.id}`);
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
    const { id } = shared.monitor.records.at(-1)!;
    const { origin } = shared.port;
    const page = await visit(`${origin}/console#capture-${id}`);
    await expect.poll(() => focused(page), soon).toBe(`capture-${id}`);
    // The address of the page that it replaced leads here too.
    await page.goto(`${origin}/holmes`);
    expect(page.url()).toBe(`${origin}/console#captures`);
  });

  test('opens to whom the browser asks for the token of the admin port', async () => {
    const access = { monitor: new PlantedMonitor(profiles, Date.now()), obstacle: '' };
    const port = await openAdminPort(access, { token: 'admin-token' });
    onTestFinished(() => port.close());
    expect((await fetch(`${port.origin}/console`)).status).toBe(401);
    const tab = await startTab(browser, { token: 'admin-token' });
    await tab.page.goto(`${port.origin}/console`);
    expect(await tab.page.innerText('.card h3 >> nth=0')).toBe(culpritSentence);
    expect(await tab.page.evaluate('sessionStorage.length + localStorage.length')).toBe(0);
    // The browser knows it by now; nothing on the page does.
    await tab.page.locator('.card .delete').first().click();
    await tab.page.click('#confirm-yes');
    await expect.poll(() => access.monitor.records.length, soon).toBe(7);
  });

  test('says what is wrong with the store', async () => {
    const { page } = shared;
    expect(await page.innerText('#store')).toMatch(
      / of 256 MiB[^]*8 captures of 200[^]*only in memory[^]*no space left/,
    );
    expect(await page.locator('#store .problem').count()).toBe(2);
  });

  test('lists decisions with their reasons, the quiet ones when asked for', async () => {
    const { page } = shared;
    expect(await page.innerText('#decisions')).toContain('the last capture by this rule was 38 s ago');
    expect(await page.innerText('#decisions')).not.toContain('is below min 10 %');
    await page.check('#decisions-quiet');
    await page.getByText('is below min 10 %').first().waitFor();
  });

  test('says why a capture was refused', async () => {
    const { page } = shared;
    await page.locator('#subjects-list [data-key="data-3"] button').click();
    await page.click('#take-button');
    expect(await page.innerText('#take-status.bad')).toBe('Not taken: one is being taken already');
  });

  test('asks before it stops a thread for a snapshot', async () => {
    const { page, monitor } = shared;
    const asked = monitor.asked.length;
    await page.selectOption('#take-kind', 'snapshot');
    await page.click('#take-button');
    await page.click('#confirm-no');
    await page.locator('#confirm').waitFor({ state: 'detached' });
    expect(monitor.asked).toHaveLength(asked);
  });

  test('deletes a capture when told twice, and not when the question is left with Escape', async () => {
    const { page, monitor } = changed;
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

  test('takes a capture of what is chosen and leads to it', async () => {
    const { page, monitor } = changed;
    await page.locator('#subjects-list [data-key="data-1"] button').click();
    await page.selectOption('#take-kind', 'cpu');
    await page.fill('#take-seconds', '2');
    await page.click('#take-button');
    expect(await page.innerText('#take-status a')).toBe('data-1 was idle for 2 s');
    expect(monitor.asked).toEqual([{ subject: 'data-1', kind: 'cpu', seconds: 2 }]);
    expect(await page.innerText('.card h3')).toBe('data-1 was idle for 2 s');
  });

  test('keeps an open fold and the focus while another capture before it goes', async () => {
    const { page, monitor } = changed;
    const card = page.locator(`[id="capture-${monitor.records[1]!.id}"]`);
    await card.locator('summary').click();
    await card.locator('.delete').focus();
    await monitor.delete(monitor.records[0]!.id);
    await expect.poll(() => page.innerText('#captures-count'), soon).toBe('7');
    expect(await page.evaluate("document.activeElement.closest('.card')?.id")).toBe(
      await card.getAttribute('id'),
    );
    expect(await card.locator('details').getAttribute('open')).toBe('');
  });

  test('has each part of a list once, also while two have one name', async () => {
    const kept = await shared.page.evaluate(`(async () => {
      const { h, syncList } = await import('/console/assets/element.js');
      const [list, input] = [h('ul'), h('input')];
      document.body.append(list);
      const sync = (names) => {
        const create = (name) => h('li', {}, name === 'b' ? input : name);
        syncList(list, names, { key: (name) => name, create });
        return list.children.length;
      };
      const lengths = [['a', 'b', 'a'], ['a', 'b', 'a'], ['a', 'b', 'a']].map(sync);
      input.focus();
      lengths.push(sync(['b', 'c']), sync(['b']));
      const hasFocus = document.activeElement === input;
      list.remove();
      return { lengths, hasFocus };
    })()`);
    expect(kept).toEqual({ lengths: [3, 3, 3, 2, 1], hasFocus: true });
  });

  test('goes on telling of gate and traffic while holmes does not answer', async () => {
    const { page } = visitor;
    // Nobody ever answers these; the page gives up after eight seconds.
    const sooner = { timeout: 6000, interval: 100 };
    await page.route('**/holmes/*', () => {});
    await visit(`${shared.port.origin}/console`);
    await expect.poll(() => page.innerText('#gate-word'), sooner).toBe('Takes traffic');
    await hurry(page);
    await expect
      .poll(() => visitor.requests.filter((url) => url.endsWith('/console/state')).length, sooner)
      .toBeGreaterThan(1);
    await page.unrouteAll({ behavior: 'ignoreErrors' });
  });

  test('says how to switch self-diagnosis on when it is off, and comes alive by itself', async () => {
    const access: { monitor: PlantedMonitor | null; obstacle: string } = {
      monitor: null,
      obstacle: 'holmes is switched off in meshlock.yaml',
    };
    const port = await openAdminPort(access);
    onTestFinished(() => port.close());
    const page = await visit(`${port.origin}/console`);
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
    expect(visitor.complaints).toEqual([]);
  });

  test.each([360, 320])('fits a screen of %d pixels, with everything unfolded', async (width) => {
    const { page } = shared;
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true");
    await page.locator('.card .details').first().waitFor();
    await expect.poll(() => overflow(page), soon).toEqual([]);
    if (width === 320) await picture(page, 'planted-320');
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
    const graph = await visit(address);
    await graph.locator('canvas').nth(1).waitFor({ state: 'attached' });
    expect(await graph.title()).toMatch(/^data-\d (CPU profile|heap profile|handles) .* - speedscope$/);
    // The graph itself is a picture; the table of the same profile has words.
    await graph.keyboard.press('3');
    await graph.getByText(functionName).first().waitFor();
    expect(strangers(visitor, port.origin)).toEqual([]);
    expect(visitor.complaints.filter((text) => !isOfTheMachine(text))).toEqual([]);
  });

  test('does not let a link load a profile from elsewhere into the viewer', async () => {
    const elsewhere = encodeURIComponent('http://127.0.0.1:1/profile.json');
    await visit(`${shared.port.origin}/speedscope/#profileURL=${elsewhere}`);
    await expect.poll(() => visitor.complaints.join('\n'), soon).toContain('Content Security Policy');
  });
});

/** Warnings of WebGL on a machine without a graphics card. */
function isOfTheMachine(complaint: string): boolean {
  return /GL Driver|WebGL|GPU stall|swiftshader/i.test(complaint);
}
