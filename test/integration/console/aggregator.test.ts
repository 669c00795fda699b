/** The console of an aggregator: real server and inference, fed with the reports of a fleet, whose time is made to pass. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Aggregator } from '../../../health/aggregate/aggregator.ts';
import { AggregateServer } from '../../../health/aggregate/server.ts';
import { type AggregateSettings, defaultAggregateSettings } from '../../../health/aggregate/settings.ts';
import { silentLog } from '../../../health/log.ts';
import { epochMs, epochOf, type Peer } from '../../../health/observe/viewpoint.ts';
import { aggregateConsole } from '../../../src/control/console/aggregate-routes.ts';
import { calleeReport, callerReport, clockAfterEpoch, peer } from '../../unit/health/aggregate/fleet.ts';
import type { ManualClock } from '../../unit/holmes/manual-clock.ts';
import {
  hasBrowser,
  hurry,
  launchBrowser,
  openTab,
  overflow,
  picture,
  strangers,
  type Tab,
} from './browser.ts';
import { contrastOf } from './contrast.ts';

const token = 'fleet-token';
const web = [peer('web-1', 'web'), peer('web-2', 'web')];
const old = [1, 2, 5, 6, 7, 8].map((n) => peer(`cart-${n}`, 'cart', '1.4.1', 'r.1'));
const canary = [peer('cart-3', 'cart', '1.4.2', 'r.2'), peer('cart-4', 'cart', '1.4.2', 'r.2')];

const settings: AggregateSettings = {
  ...defaultAggregateSettings,
  listen: { host: '127.0.0.1', port: 0 },
  token,
  verdict: { ...defaultAggregateSettings.verdict, dryRun: false },
};

interface Epoch {
  readonly failing?: number;
  readonly calls?: number;
  readonly there?: readonly Peer[];
  readonly silent?: readonly string[];
}

const soon = { timeout: 15_000, interval: 100 };

describe.runIf(hasBrowser)('the console of an aggregator', { timeout: 60_000 }, () => {
  let clock: ManualClock;
  let aggregator: Aggregator;
  let server: AggregateServer;
  let browser: Browser;
  let tab: Tab;
  let page: Page;
  let origin = '';

  beforeAll(async () => {
    clock = clockAfterEpoch();
    aggregator = new Aggregator({ settings, clock, log: silentLog });
    const routes = await aggregateConsole();
    server = new AggregateServer({ aggregator, settings, clock, log: silentLog, routes });
    const { port } = await server.listen();
    await aggregator.open();
    origin = `http://127.0.0.1:${port}`;
    browser = await launchBrowser();
    tab = await openTab(browser, { token, scheme: 'dark' });
    ({ page } = tab);
    await page.goto(`${origin}/`);
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await aggregator?.close();
  });

  /** An epoch ends, the nodes but `silent` report on it, and it is judged. `failing` of the calls to each canary. */
  function passEpoch({ failing = 0, calls = 200, there = canary, silent = [] }: Epoch = {}): void {
    clock.advance(epochMs - (clock.wall() % epochMs) + 1000);
    const epoch = epochOf(clock.wall()) - 1;
    const callers = web.map((caller) =>
      callerReport(caller, epoch, [
        ...old.map((callee) => ({ callee, calls, failures: 0 })),
        ...there.map((callee) => ({ callee, calls, failures: failing })),
      ]),
    );
    const callees = [...old, ...there].map((callee) =>
      calleeReport(callee, epoch, {
        callers: web,
        calls,
        failedHere: there.includes(callee) ? failing : 0,
      }),
    );
    for (const report of [...callers, ...callees])
      if (!silent.includes(report.node.node)) expect(aggregator.receive(report, null).reason).toBe('');
    clock.advance(4500);
  }

  test('is where the root leads to, and asks for the token that everything else needs', async () => {
    expect(page.url()).toBe(`${origin}/console`);
    const stranger = await fetch(`${origin}/console`);
    expect([stranger.status, stranger.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringContaining('Basic'),
    ]);
  });

  test('says that nothing is wrong while nothing is', async () => {
    for (let i = 0; i < 7; i++) passEpoch({ there: [] });
    await expect.poll(() => page.innerText('#nodes-count'), soon).toBe('8');
    expect(await page.innerText('#suspect-word')).toBe('None');
    expect(await page.innerText('#release-word')).toBe('None under way');
    expect(await page.innerText('#judged')).toMatch(/^8 of 8 nodes report; judged until [\d:]{8} UTC$/);
  });

  test('shows a release under way with the calls that its verdict still needs', async () => {
    passEpoch({ calls: 20 });
    await hurry(page);
    const card = page.locator('#releases-list .card');
    await card.waitFor(soon);
    expect(await card.locator('.meta').innerText()).toMatch(
      /^not decided\s+cart 1\.4\.2\s+release r\.2\s+pipeline should pause$/,
    );
    expect(await card.locator('.needed').innerText()).toMatch(
      /^[\d,]+ calls still needed for a pass; evidence/,
    );
    expect(await page.innerText('#release-word')).toBe('cart 1.4.2: not decided yet');
  });

  test('names the suspects with their sentence, fails the release with reasons, and says who is silent', async () => {
    for (let i = 0; i < 12; i++) passEpoch({ failing: 60, silent: i > 8 ? ['cart-8'] : [] });
    await hurry(page);
    await expect.poll(() => page.innerText('#release-word'), soon).toBe('cart 1.4.2 fails');
    const card = page.locator('#releases-list .card');
    expect(await card.locator('.meta').innerText()).toMatch(
      /^fail\s+cart 1\.4\.2\s+release r\.2\s+pipeline should (roll back|pause)$/,
    );
    expect(await card.locator('.reasons li').count()).toBeGreaterThan(0);
    expect(await card.locator('tbody').innerText()).toMatch(/Canary\s+1\.4\.2[^]*Baseline\s+1\.4\.1/);
    const suspect = page.locator('#suspects-list .card').first();
    expect(await suspect.locator('.sentence').innerText()).toMatch(
      /^node cart-[34] loses \d+(\.\d)? % of the calls/,
    );
    await suspect.locator('summary').click();
    expect(await suspect.locator('tbody tr').count()).toBeGreaterThan(1);
    // Beside a suspect stands the other one, too: whose calls get lost is said, not that none are.
    expect(await suspect.locator('tbody').innerText()).toMatch(/web-1\s+cart-[34]\s+1,200\s+none by web-1/);
    expect(await page.innerText('#suspect-word')).toMatch(/^cart-[34], cart-[34]$/);
    expect(await page.innerText('#missing')).toMatch(/^Silent: cart-8\./);
    expect(await page.innerText('#nodes-list tr >> nth=0')).toMatch(/^cart-8\s+missing/);
    expect(await page.title()).toContain('cart 1.4.2 fails');
    await picture(page, 'aggregator-dark');
  });

  test.each(['light', 'dark'] as const)(
    'can be read in %s colours and on a narrow screen',
    async (scheme) => {
      await page.selectOption('#scheme', scheme);
      const { texts, poor } = await contrastOf(page);
      expect(texts).toBeGreaterThan(40);
      expect(poor).toEqual([]);
      for (const width of [1600, 360]) {
        await page.setViewportSize({ width, height: 900 });
        await expect.poll(() => overflow(page), soon).toEqual([]);
        await picture(page, `aggregator-${scheme}-${width}`);
      }
    },
  );

  test('has asked nobody else and complained of nothing all the while', () => {
    expect(tab.requests.length).toBeGreaterThan(30);
    expect(strangers(tab, origin)).toEqual([]);
    expect(tab.complaints).toEqual([]);
  });
});
