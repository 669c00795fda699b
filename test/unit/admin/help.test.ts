import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { startAdmin } from './harness.ts';

const browser = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };
const form = { 'content-type': 'application/x-www-form-urlencoded' };

interface Form {
  readonly method: string;
  readonly action: string;
  /** Every field, as a browser sends it when its box is ticked or its first choice taken. */
  readonly fields: readonly [string, string][];
}

function formsOf(page: string): Form[] {
  const forms = [...page.matchAll(/<form method="(\w+)" action="([^"]+)">(.*?)<\/form>/g)];
  return forms.map(([, method = '', action = '', inner = '']) => {
    const boxes = [...inner.matchAll(/<input type="checkbox" name="([^"]+)"/g)];
    const texts = [...inner.matchAll(/<input name="([^"]+)"/g)];
    const choices = [...inner.matchAll(/<select name="([^"]+)".*?<option><\/option><option>([^<]+)/g)];
    return {
      method,
      action,
      fields: [
        ...boxes.map(([, name = '']): [string, string] => [name, 'on']),
        ...texts.map(([, name = '']): [string, string] => [name, '']),
        ...choices.map(([, name = '', first = '']): [string, string] => [name, first]),
      ],
    };
  });
}

describe.each(['/', '/help'])('%s', (path) => {
  test('is text for curl', async () => {
    const answer = await (await startAdmin()).get(path, { accept: '*/*' });
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(answer.body).toContain('\n  /quitquitquit (POST): Ends the process');
    expect(answer.body).toContain('\n      usedonly: ');
  });

  test('is a page for a browser', async () => {
    const answer = await (await startAdmin()).get(path, browser);
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(answer.body).toMatch(/^<!doctype html>/);
  });
});

describe('the help page', () => {
  test('has a policy that lets in nothing but its own style', async () => {
    const { headers, body } = await (await startAdmin()).get('/', browser);
    const style = /<style>([^]*?)<\/style>/.exec(body)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    const policy = headers['content-security-policy'] ?? '';
    expect(policy).toContain(`style-src 'sha256-${hash}'`);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(body).not.toMatch(/<script|\son\w+=|style="/);
  });

  test('has only links that lead somewhere', async () => {
    const admin = await startAdmin();
    const { body } = await admin.get('/', browser);
    const links = [...body.matchAll(/<a href="([^"]+)">/g)].map(([, href = '']) => href);
    expect(links.length).toBeGreaterThan(10);
    for (const link of links) expect([link, (await admin.get(link, browser)).status]).toEqual([link, 200]);
  });

  test('has a working form for everything that changes the process', async () => {
    const admin = await startAdmin();
    const posts = formsOf((await admin.get('/', browser)).body).filter(({ method }) => method === 'post');
    expect(posts.map(({ action }) => action)).toEqual([
      '/drain_listeners',
      '/healthcheck/fail',
      '/healthcheck/ok',
      '/logging',
      '/quitquitquit',
      '/reload',
      '/reopen_logs',
    ]);
    for (const { action, fields } of posts) {
      const headers = { ...form, ...browser, 'sec-fetch-site': 'same-origin' };
      const answer = await admin.call('POST', action, headers, new URLSearchParams([...fields]).toString());
      expect([action, answer.status]).toEqual([action, 200]);
    }
    expect(admin.source.changes).toContain('drain {"graceful":true,"inboundOnly":true,"keepAccepting":true}');
    expect(admin.source.changes).toContain('level trace all');
  });

  test('has working forms for what is read with parameters', async () => {
    const admin = await startAdmin();
    const gets = formsOf((await admin.get('/', browser)).body).filter(({ method }) => method === 'get');
    expect(gets.map(({ action }) => action)).toContain('/stats');
    for (const { action, fields } of gets) {
      const answer = await admin.get(`${action}?${new URLSearchParams([...fields]).toString()}`, browser);
      expect([action, answer.status]).toEqual([action, 200]);
    }
  });
});
