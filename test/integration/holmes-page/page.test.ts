/** The page for the person on call in a real browser, over the real admin port. */
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { Browser, findBrowser } from './browser.ts';
import { type AdminPort, openAdminPort } from './harness.ts';
import { culpritSentence, hostileName } from './planted-facts.ts';
import { PlantedMonitor } from './planted-monitor.ts';
import { type Profiles, recordProfiles } from './profiles.ts';
import type { Tab } from './tab.ts';

const executable = findBrowser();
if (executable === null) console.log('skipped: no Chromium is on the path, so nothing can look at the page');

let browser: Browser;
let profiles: Profiles;
/** One page for all tests that only look. */
let page: Opened;

interface Opened {
  readonly tab: Tab;
  readonly monitor: PlantedMonitor;
  readonly port: AdminPort;
  close(): Promise<unknown>;
}

/** The page with everything drawn. */
async function open(path = '/holmes'): Promise<Opened> {
  const monitor = new PlantedMonitor(profiles, Date.now());
  const port = await openAdminPort({ monitor, obstacle: '' });
  const tab = await browser.tab();
  const close = (): Promise<unknown> => Promise.all([tab.close(), port.close()]);
  await tab.open(`${port.origin}${path}`);
  await tab.until("document.querySelector('.card') && document.querySelector('svg.chart .limit')");
  return { tab, monitor, port, close };
}

/** Of its own, for a test that changes it. */
async function openPage(): Promise<Opened> {
  const opened = await open();
  onTestFinished(async () => void (await opened.close()));
  return opened;
}

/** Has the page ask at once instead of at its next turn. */
async function hurry(tab: Tab): Promise<void> {
  await tab.click('#pause');
  await tab.click('#pause');
}

describe.runIf(executable !== null)('the page for the person on call', () => {
  beforeAll(async () => {
    [browser, profiles] = await Promise.all([Browser.launch(executable!), recordProfiles()]);
    page = await open();
  });
  afterAll(async () => {
    await page?.close();
    await browser?.close();
  });

  test("says the newest capture's sentence, asks nobody else and complains of nothing", async () => {
    const { tab, port } = page;
    expect(await tab.text('.card h3')).toBe(culpritSentence);
    expect(await tab.text('#verdict')).toBe('Data thread 2 does not answer');
    expect(tab.requests.length).toBeGreaterThan(10);
    expect(tab.requests.filter((url) => !url.startsWith(`${port.origin}/`))).toEqual([]);
    expect(tab.complaints).toEqual([]);
  });

  test('shows what stands behind a capture, and a name from a profile as text only', async () => {
    const { tab } = page;
    await tab.click('.card details summary');
    const details = await tab.text('.card .details');
    expect(details).toContain('filters/user/audit.ts:31');
    expect(details).toContain('regular expression');
    expect(details).toContain('filter audit');
    expect(details).toContain('onRequestHead');
    expect(details).toContain(hostileName);
    expect(await tab.evaluate("document.querySelectorAll('main img').length")).toBe(0);
    expect(await tab.evaluate('document.title')).toBe('Data thread 2 does not answer · holmes');
  });

  test('shows all of a capture of any kind', async () => {
    const { tab } = page;
    await tab.evaluate("document.querySelectorAll('.card details').forEach((fold) => { fold.open = true; })");
    await tab.until(
      "[...document.querySelectorAll('.card details')].every((fold) => fold.querySelector('.facts'))",
    );
    const cut =
      "[...document.querySelectorAll('.card')].filter((card) => card.scrollHeight > card.clientHeight)";
    expect(await tab.evaluate(`${cut}.map((card) => card.id)`)).toEqual([]);
    const classes = "[...document.querySelectorAll('.card')].map((card) => card.className)";
    expect(await tab.evaluate(classes)).toEqual(
      expect.arrayContaining(['card kind-cpu', 'card kind-heap', 'card kind-handles', 'card kind-stack']),
    );
  });

  test('shows every subject with its state and what is wrong with it', async () => {
    const { tab } = page;
    const list = await tab.text('#subjects-list');
    for (const text of [
      'stuck',
      'a heap profile is being taken',
      'the thread did not answer within 5 s',
      'out of memory',
    ])
      expect(list).toContain(text);
  });

  test('draws readings with their limits, and a trigger that leads to its capture', async () => {
    const { tab, monitor } = page;
    expect(await tab.evaluate("document.querySelectorAll('svg.chart').length")).toBeGreaterThan(6);
    const path = await tab.evaluate<string>(
      "document.querySelector('svg.chart .line.value').getAttribute('d')",
    );
    // Two pieces, because a reading is missing, and no number that is none.
    expect(path.match(/M/g)).toHaveLength(2);
    expect(path).not.toContain('NaN');
    expect(await tab.evaluate("document.querySelector('svg.chart .limit-label.abs').textContent")).toBe(
      'abs 70 %',
    );
    await tab.evaluate(
      "document.querySelector('svg a.mark').dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }))",
    );
    expect(await tab.until('document.activeElement.id')).toBe(`capture-${monitor.records[0]!.id}`);
  });

  test('opens at the capture that its address names, also one that is not among the newest', async () => {
    const monitor = new PlantedMonitor(profiles, Date.now());
    const { id } = monitor.records.at(-1)!;
    const port = await openAdminPort({ monitor, obstacle: '' });
    onTestFinished(() => port.close());
    const tab = await browser.tab();
    onTestFinished(() => tab.close());
    await tab.open(`${port.origin}/holmes#capture-${id}`);
    expect(
      await tab.until("document.activeElement.id.startsWith('capture-') && document.activeElement.id"),
    ).toBe(`capture-${id}`);
  });

  test('says what is wrong with the store', async () => {
    const { tab } = page;
    await tab.until("document.querySelector('#store meter')");
    expect(await tab.text('#store')).toMatch(
      / of 256 MiB[^]*8 captures of 200[^]*only in memory[^]*no space left/,
    );
    expect(await tab.evaluate("document.querySelectorAll('#store .problem').length")).toBe(2);
  });

  test('lists decisions with their reasons, the quiet ones when asked for', async () => {
    const { tab } = await openPage();
    expect(await tab.text('#decisions')).toContain('the last capture by this rule was 38 s ago');
    expect(await tab.text('#decisions')).not.toContain('is below min 10 %');
    await tab.click('#decisions-quiet');
    await tab.until("document.querySelector('#decisions').innerText.includes('is below min 10 %')");
  });

  test('takes a capture of what is chosen and leads to it', async () => {
    const { tab, monitor } = await openPage();
    await tab.click('[data-key="data-1"] button');
    await tab.choose('#take-kind', 'cpu');
    await tab.evaluate("document.querySelector('#take-seconds').value = '2'");
    await tab.click('#take-button');
    expect(await tab.until("document.querySelector('#take-status a')?.innerText")).toBe(
      'data-1 was idle for 2 s',
    );
    expect(monitor.asked).toEqual([{ subject: 'data-1', kind: 'cpu', seconds: 2 }]);
    expect(await tab.text('.card h3')).toBe('data-1 was idle for 2 s');
  });

  test('says why a capture was refused', async () => {
    const { tab } = await openPage();
    await tab.click('[data-key="data-3"] button');
    await tab.click('#take-button');
    expect(await tab.text('#take-status.bad')).toBe('Not taken: one is being taken already');
  });

  test('asks before it stops a thread for a snapshot', async () => {
    const { tab, monitor } = await openPage();
    await tab.choose('#take-kind', 'snapshot');
    await tab.click('#take-button');
    await tab.until("document.querySelector('#confirm')");
    await tab.click('#confirm-no');
    await tab.until("!document.querySelector('#confirm')");
    expect(monitor.asked).toEqual([]);
  });

  test('deletes a capture when told twice, and not when the question is left with Escape', async () => {
    const { tab, monitor } = await openPage();
    const { id } = monitor.records[0]!;
    await tab.click('.card .delete');
    await tab.until("document.querySelector('#confirm')");
    await tab.press('Escape');
    await tab.until("!document.querySelector('#confirm')");
    expect(monitor.get(id)).not.toBe(null);
    await tab.click('.card .delete');
    await tab.until("document.querySelector('#confirm')");
    await tab.click('#confirm-yes');
    await tab.until(`document.getElementById('capture-${id}') === null`);
    expect(monitor.get(id)).toBe(null);
  });

  test('keeps what it knows when the proxy has gone, and says how old it is', async () => {
    const { tab, port } = await openPage();
    await port.close();
    await hurry(tab);
    await tab.until("document.querySelector('#freshness').dataset.state === 'failing'");
    expect(await tab.text('#troubles')).toMatch(/\/holmes\/subjects, .*: no answer.*What you see of it came/);
    expect(await tab.text('#freshness')).toMatch(/no answer, as of (just now|\d+ s ago)/);
    expect(await tab.text('#verdict')).toMatch(/^When last heard of: /);
    expect(await tab.text('.card h3')).toBe(culpritSentence);
  });

  test('keeps an open fold, the focus and the selection while it updates', async () => {
    const { tab, monitor } = await openPage();
    await tab.click('.card details summary');
    await tab.evaluate("document.querySelector('.card .delete').focus()");
    monitor.watched = monitor.watched.map((subject) => ({ ...subject, state: 'watched', problem: '' }));
    await hurry(tab);
    await tab.until("!document.querySelector('#verdict').innerText.includes('does not answer')");
    expect(await tab.evaluate("document.activeElement.classList.contains('delete')")).toBe(true);
    expect(await tab.evaluate("document.querySelector('.card details').open")).toBe(true);
  });

  test('says how to switch self-diagnosis on when it is off, and comes alive by itself', async () => {
    const access: { monitor: PlantedMonitor | null; obstacle: string } = {
      monitor: null,
      obstacle: 'holmes is switched off in meshlock.yaml',
    };
    const port = await openAdminPort(access);
    onTestFinished(() => port.close());
    const tab = await browser.tab();
    onTestFinished(() => tab.close());
    await tab.open(`${port.origin}/holmes`);
    const text = await tab.text('#off');
    expect(text).toContain('holmes is switched off in meshlock.yaml');
    expect(text).toContain('holmes: true');
    expect(text).toContain(`curl -X POST ${port.origin}/reload`);
    access.monitor = new PlantedMonitor(profiles, Date.now());
    await hurry(tab);
    expect(await tab.text('.card h3')).toBe(culpritSentence);
    expect(await tab.evaluate("document.querySelector('#off').hidden")).toBe(true);
  });

  test.each([400, 320])('fits a screen of %d pixels', async (width) => {
    const { tab } = page;
    await tab.look({ width, scheme: 'dark' });
    await tab.evaluate("document.querySelector('.card details').open = true");
    await tab.until("document.querySelector('.card .details').innerText");
    expect(await tab.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
  });

  test.each([
    ['cpuprofile', 'guiltyOfEverything'],
    ['heapprofile', 'guiltyOfEverything'],
    ['pb.gz', 'leakySocket'],
  ])('opens a .%s as a flame graph', async (format, functionName) => {
    const { tab, port } = page;
    const address = await tab.until<string>(
      `[...document.querySelectorAll('.card')].find((card) => card.querySelector('a.button.primary')?.href.includes('.${format}&')).querySelector('a.button.primary').href`,
    );
    const viewer = await browser.tab();
    onTestFinished(() => viewer.close());
    await viewer.open(address);
    await viewer.until("document.querySelectorAll('canvas').length > 1");
    expect(await viewer.evaluate('document.title')).toMatch(
      /^data-\d (CPU profile|heap profile|handles) .* - speedscope$/,
    );
    // The graph itself is a picture; the table of the same profile has words.
    await viewer.open('about:blank');
    await viewer.open(address.replace('view=left-heavy', 'view=sandwich'));
    await viewer.until(`document.body.innerText.includes(${JSON.stringify(functionName)})`);
    expect(
      viewer.requests.filter((url) => !url.startsWith(`${port.origin}/`) && !/^(data|blob|about):/.test(url)),
    ).toEqual([]);
    expect(viewer.complaints).toEqual([]);
  });

  test('does not let a link load a profile from elsewhere into the viewer', async () => {
    const { port } = page;
    const viewer = await browser.tab();
    onTestFinished(() => viewer.close());
    await viewer.open(
      `${port.origin}/speedscope/#profileURL=${encodeURIComponent('http://127.0.0.1:1/profile.json')}`,
    );
    await expect
      .poll(() => viewer.complaints.join('\n'), { timeout: 5000 })
      .toContain('Content Security Policy');
  });
});
