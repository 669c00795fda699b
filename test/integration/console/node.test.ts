/** The console of a real proxy process under load, as the person on call meets it. */
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { repositoryRoot } from '../../../build/executable.ts';
import { type Configuration, launchMeshlock, type Meshlock } from '../process/meshlock.ts';
import {
  focused,
  hasBrowser,
  launchBrowser,
  openTab,
  overflow,
  picture,
  strangers,
  type Tab,
} from './browser.ts';
import { contrastOf } from './contrast.ts';
import { PacedLoad } from './paced-load.ts';

const filter = join(repositoryRoot, 'examples', 'culprits', 'filter.ts');

function configuration(adminPort: number): Configuration {
  return {
    node: { id: 'cart-7f9', service: 'cart', version: '1.4.2', release: '2026-11-20.3' },
    admin: `127.0.0.1:${adminPort}`,
    data_threads: 2,
    holmes: {
      interval: '500ms',
      // A busy machine may have a thread captured for being kept waiting; that must not use up the culprit's turn.
      stall: { cooldown: '1s' },
      cpu: { cooldown: '1s' },
      recorder: { window: '3s', before: '3s', after: '1s', arm: '1s' },
    },
    listeners: [
      {
        name: 'web',
        address: '127.0.0.1:0',
        filters: [
          { name: 'culprit', module: filter, options: { culprit: 'regular-expression', blockMs: 1000 } },
        ],
        routes: [{ match: { prefix: '/broken' }, direct_response: 503 }, { direct_response: 200 }],
      },
    ],
  };
}

const soon = { timeout: 30_000, interval: 100 };

let browser: Browser;
let mesh: Meshlock;
let load: PacedLoad;
/** One for all tests that look, in their order: it is never loaded again. */
let tab: Tab;
let page: Page;
/** Another one, for tests that need a fresh page. */
let visitor: Tab;
let origin = '';

const number = (text: string): number => Number(text.replaceAll(/[^\d.]/g, ''));

describe.runIf(hasBrowser)('the console of a running proxy', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    [browser, mesh] = await Promise.all([launchBrowser(), launchMeshlock(configuration(0))]);
    await mesh.log.line(/^holmes watches the process/);
    origin = `http://127.0.0.1:${mesh.adminPort}`;
    load = new PacedLoad({
      port: mesh.port(),
      everyMs: 20,
      path: (sent) => (sent % 10 === 0 ? '/broken' : '/'),
    });
    tab = await openTab(browser, { width: 1600 });
    ({ page } = tab);
    visitor = await openTab(browser);
    await page.goto(`${origin}/`);
    await page.evaluate('globalThis.loadedOnce = true');
    await page.locator('#main').waitFor();
  }, 60_000);

  afterAll(async () => {
    load?.stop();
    await browser?.close();
    await mesh?.dispose();
  });

  test('is where a browser that asks for the root is led, and a program is not', async () => {
    expect(page.url()).toBe(`${origin}/console`);
    expect((await mesh.admin('/')).body).toContain('admin commands are:');
  });

  test('says what this node is and that it takes traffic', async () => {
    expect(await page.innerText('#gate-word')).toBe('Takes traffic');
    const facts = await page.innerText('#facts');
    for (const text of [
      'cart-7f9',
      '1.4.2',
      'release 2026-11-20.3',
      `process ${mesh.pid}`,
      '2 of 2',
      'version 1',
    ])
      expect(facts).toContain(text);
    expect(await page.innerText('#components-list')).toMatch(/listeners\s*required\s*healthy/);
    expect(await page.innerText('#threads-list')).toMatch(/data-1\s+running[^]*data-2\s+running/);
  });

  test('shows live rates, errors and latencies of each listener', async () => {
    const cell = (heading: string): Promise<string> =>
      page.innerText(`#listeners [data-key="web"] td[data-heading="${heading}"]`);
    await expect.poll(async () => number(await cell('Requests/s')), soon).toBeGreaterThan(10);
    await expect.poll(async () => number(await cell('Errors')), soon).toBeGreaterThan(5);
    expect(await cell('Errors')).toMatch(/^\d+(\.\d)? %$/);
    expect(await cell('p99')).toMatch(/^\d+(\.\d+)? m?s$/);
    expect(number(await page.innerText('#tiles [data-key="Connections"] .value'))).toBeGreaterThan(0);
    // A line needs more than one look.
    await expect
      .poll(() => page.locator('#tiles [data-key="Requests"] .spark path').last().getAttribute('d'), soon)
      .toMatch(/L.*L/);
  });

  test('shows the capture of a planted culprit with function, file and line, without being loaded again', async () => {
    const sentence = page.locator('.card.kind-cpu h3', { hasText: 'isDisplayName' }).first();
    let isThere = false;
    for (let strikes = 0; strikes < 5 && !isThere; strikes++) {
      load.also('/strike');
      isThere = await sentence.waitFor({ timeout: 7000 }).then(
        () => true,
        () => false,
      );
    }
    expect(isThere).toBe(true);
    expect(await sentence.innerText()).toMatch(
      /regular expression at examples\/culprits\/regular-expression\.ts:\d+, in function isDisplayName/,
    );
    await expect.poll(() => page.innerText('#newest'), soon).toContain('isDisplayName');
    expect(await page.evaluate('globalThis.loadedOnce')).toBe(true);
    expect(await page.locator('#matrix a.cell.struck').count()).toBeGreaterThan(0);
    expect(await page.locator('.card.kind-cpu .buttons a[download]').count()).toBeGreaterThan(0);
    await picture(page, 'node-culprit-light-1600');
  });

  test('leads by the keyboard alone to the flame graph, which shows the function', async () => {
    const { page: fresh, context } = visitor;
    await fresh.goto(`${origin}/console`);
    await fresh.locator('.card').first().waitFor();
    await fresh.keyboard.press('Tab');
    expect(await fresh.evaluate('document.activeElement.className')).toBe('skip');
    await fresh.keyboard.press('Enter');
    await expect.poll(() => focused(fresh), soon).toBe('captures');
    const outlined = 'getComputedStyle(document.activeElement).outlineStyle';
    // To that of the culprit: it may not be the only capture.
    const link = `(({ textContent, href, parentElement }) => {
      const sentence = parentElement.closest('.card')?.querySelector('h3').textContent ?? '';
      return textContent === 'Flame graph' && sentence.includes('isDisplayName') ? href : '';
    })(document.activeElement)`;
    let address = '';
    for (let presses = 0; presses < 60 && address === ''; presses++) {
      await fresh.keyboard.press('Tab');
      address = await fresh.evaluate<string>(link);
    }
    expect(address).toContain('/speedscope/');
    expect(await fresh.evaluate(outlined)).toBe('solid');
    const [graph] = await Promise.all([context.waitForEvent('page'), fresh.keyboard.press('Enter')]);
    await graph.locator('canvas').nth(1).waitFor({ state: 'attached' });
    await picture(graph, 'flame-graph', false);
    // The graph is a picture; the table of the same profile has words.
    await graph.keyboard.press('3');
    await graph.getByText('isDisplayName').first().waitFor();
    await graph.close();
    expect(strangers(visitor, origin)).toEqual([]);
  });

  test('shows that the gate was closed by hand, until when and why', async () => {
    const reason = 'moving the rack';
    await mesh.admin(`/gate/override?to=closed&for=10m&reason=${encodeURIComponent(reason)}`, {
      method: 'POST',
    });
    await expect
      .poll(() => page.innerText('#gate-word'), soon)
      .toBe('Held closed: callers are sent elsewhere');
    expect(await page.innerText('#gate-override')).toMatch(
      /^Held closed by admin API until [\d:]{8} \(10 min left\): moving the rack$/,
    );
    expect(await page.title()).toBe('Held closed: callers are sent elsewhere · cart-7f9');
    await picture(page, 'gate-closed', false);
    await mesh.admin('/gate/override/clear', { method: 'POST' });
    await expect.poll(() => page.innerText('#gate-word'), soon).toBe('Takes traffic');
  });

  test.each(['light', 'dark'] as const)(
    'can be read in %s colours, chosen by hand and kept',
    async (scheme) => {
      await page.selectOption('#scheme', scheme);
      const ground = await page.evaluate('getComputedStyle(document.body).backgroundColor');
      expect(ground).toBe(scheme === 'light' ? 'rgb(244, 246, 248)' : 'rgb(14, 17, 22)');
      const { texts, poor } = await contrastOf(page);
      expect(texts).toBeGreaterThan(100);
      expect(poor).toEqual([]);
      await picture(page, `node-${scheme}`, false);
      if (scheme === 'light') return;
      const again = await tab.context.newPage();
      await again.goto(`${origin}/console`);
      expect(await again.evaluate('getComputedStyle(document.body).backgroundColor')).toBe(ground);
      await again.close();
    },
  );

  test.each([360, 1600])('fits a window of %d pixels', async (width) => {
    await page.setViewportSize({ width, height: 900 });
    await expect.poll(() => overflow(page), soon).toEqual([]);
    if (width === 360) await picture(page, 'node-dark-360');
  });

  test('moves nothing while figures change', async () => {
    // Of every figure within its part: a capture that comes meanwhile may push the whole part down.
    const places = `(() => {
      const part = document.getElementById('traffic').getBoundingClientRect();
      return JSON.stringify([...document.querySelectorAll('#tiles li, #tiles .value, #listeners :is(th, td)')].map((one) => {
        const { x, y, width, height } = one.getBoundingClientRect();
        return one.matches('.value') ? [x, y - part.y] : [x, y - part.y, width, height];
      }));
    })()`;
    const before = await page.evaluate(places);
    const requests = 'document.querySelector(\'#tiles [data-key="Requests"] .picture\').innerHTML';
    const drawn = await page.evaluate(requests);
    await expect.poll(() => page.evaluate(requests), soon).not.toBe(drawn);
    expect(await page.evaluate(places)).toBe(before);
  });

  test('has asked nobody else and complained of nothing all the while', () => {
    expect(tab.requests.length).toBeGreaterThan(50);
    expect(strangers(tab, origin)).toEqual([]);
    expect(tab.complaints).toEqual([]);
  });

  test('asks nothing while it is hidden, and at once when it is seen again', async () => {
    const { page: hidden } = visitor;
    await hidden.clock.install();
    await hidden.goto(`${origin}/console`);
    await hidden.locator('#main').waitFor();
    const asked = (): number => visitor.requests.filter((url) => url.endsWith('/console/state')).length;
    await hidden.clock.runFor(4000);
    await expect.poll(asked, soon).toBeGreaterThan(1);
    await hidden.evaluate("Object.defineProperty(document, 'hidden', { value: true, configurable: true })");
    const before = asked();
    await hidden.clock.runFor(60_000);
    expect(asked()).toBe(before);
    await hidden.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))");
    await expect.poll(asked, soon).toBeGreaterThan(before);
  });

  test('says since when the proxy cannot be reached, and goes on when it is back', async () => {
    const port = mesh.adminPort;
    const sentence = await page.innerText('.card h3 >> nth=0');
    await mesh.dispose();
    await expect
      .poll(() => page.innerText('#freshness'), soon)
      .toMatch(/^not reachable since \d\d:\d\d:\d\d$/);
    expect(await page.innerText('#troubles')).toMatch(
      /\/console\/state.*: no answer.*What you see of it came/,
    );
    expect(await page.innerText('#verdict')).toMatch(/^When last heard of: /);
    expect(await page.innerText('.card h3 >> nth=0')).toBe(sentence);
    expect(await page.title()).toBe('not reachable · cart-7f9');
    const back = await launchMeshlock(configuration(port));
    onTestFinished(() => back.dispose());
    await expect.poll(() => page.innerText('#facts'), soon).toContain(`process ${back.pid}`);
    await expect.poll(() => page.innerText('#freshness'), soon).toMatch(/^live/);
    expect(await page.innerText('#troubles')).toBe('');
    expect(await page.evaluate('globalThis.loadedOnce')).toBe(true);
  });
});
