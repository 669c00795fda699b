import { mkdtemp, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { aggregateConsole } from '../../../../src/control/console/aggregate-routes.ts';
import { consoleRoutes } from '../../../../src/control/console/admin-routes.ts';
import { StaticFolder } from '../../../../src/control/console/static-folder.ts';
import { type Admin, type Answer, startAdmin } from '../../admin/harness.ts';
import { consoleSources } from './sources.ts';

const folder = new URL('../../../../src/control/console/', import.meta.url);
const assets = readdirSync(new URL('assets/', folder));

function start(): Promise<Admin> {
  return startAdmin({ routes: consoleRoutes(consoleSources()) });
}

/** Sources of a directive such as `script-src`. */
function allowed({ headers }: Answer, directive: string): string[] {
  const policy = String(headers['content-security-policy']).split('; ');
  return (
    policy
      .find((part) => part.startsWith(`${directive} `))
      ?.split(' ')
      .slice(1) ?? []
  );
}

describe('/console', () => {
  test('is a page that runs nothing but its own script and takes no text for markup', async () => {
    const answer = await (await start()).get('/console');
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(answer.body).toBe(readFileSync(new URL('page/node.html', folder), 'utf8'));
    expect(allowed(answer, 'default-src')).toEqual(["'none'"]);
    expect(allowed(answer, 'script-src')).toEqual(["'self'"]);
    expect(allowed(answer, 'connect-src')).toEqual(["'self'"]);
    expect(allowed(answer, 'require-trusted-types-for')).toEqual(["'script'"]);
    expect(allowed(answer, 'frame-ancestors')).toEqual(["'none'"]);
  });

  test('holds neither script nor style of its own', () => {
    expect(readFileSync(new URL('page/node.html', folder), 'utf8')).not.toMatch(
      /<style|<script(?! type="module" src=| src=)|\son\w+=|style="/,
    );
  });

  test('names only assets that there are', async () => {
    const admin = await start();
    const { body } = await admin.get('/console');
    const named = [...body.matchAll(/(?:href|src)="(\/[^"]+)"/g)].map(([, path = '']) => path);
    const files = named.filter((path) => path.startsWith('/console/assets/'));
    expect(files.length).toBeGreaterThan(10);
    for (const path of files) expect([path, (await admin.get(path)).status]).toEqual([path, 200]);
  });

  test('is not kept by a browser, so that it fits the program that answers', async () => {
    const admin = await start();
    for (const path of ['/console', '/console/assets/node.js'])
      expect((await admin.get(path)).headers['cache-control']).toBe('no-store');
  });
});

describe('/holmes', () => {
  test('leads to the captures in the console', async () => {
    const { status, headers } = await (await start()).get('/holmes');
    expect([status, headers.location]).toEqual([302, '/console#captures']);
  });
});

describe('the root', () => {
  test('leads a browser to the console and stays a list for everybody else', async () => {
    const admin = await start();
    const browser = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
    const led = await admin.get('/', browser);
    expect([led.status, led.headers.location]).toEqual([302, '/console']);
    expect((await admin.get('/', { accept: '*/*' })).body).toMatch(/^admin commands are:/);
    expect((await admin.get('/help', browser)).body).toContain('<form method="post"');
  });
});

describe('the console of an aggregator', () => {
  test('has a page under the same policy, whose files are all there', async () => {
    const routes = await aggregateConsole();
    const get = (path: string) => {
      const route = routes.find(({ pattern }) => pattern.test(path))!;
      const parts = (route.pattern.exec(path) ?? []).slice(1);
      return route.answer({ parts, query: new URLSearchParams(), headers: {}, body: null });
    };
    expect(routes.every(({ open }) => !open)).toBe(true);
    expect(get('/').headers['location']).toBe('/console');
    const page = get('/console');
    const policy = (await (await start()).get('/console')).headers['content-security-policy'];
    expect(page.headers['content-security-policy']).toBe(policy);
    const body = Buffer.from(page.body).toString();
    expect(body).not.toMatch(/<style|<script(?! type="module" src=| src=)|\son\w+=|style="/);
    const files = [...body.matchAll(/(?:href|src)="(\/console\/assets\/[^"]+)"/g)].map(
      ([, path = '']) => path,
    );
    expect(files.length).toBeGreaterThan(5);
    for (const path of files) expect([path, get(path).status]).toEqual([path, 200]);
    expect(get('/console/assets/nothing.js').status).toBe(404);
  });
});

describe('/console/assets/', () => {
  test('has no style that no page asks for', () => {
    const pages = ['node.html', 'aggregator.html'].map((name) =>
      readFileSync(new URL(`page/${name}`, folder), 'utf8'),
    );
    const styles = assets.filter((name) => name.endsWith('.css'));
    expect(styles.length).toBeGreaterThan(5);
    expect(styles.filter((name) => !pages.some((page) => page.includes(`/console/assets/${name}"`)))).toEqual(
      [],
    );
  });

  test('has no module that no other imports', () => {
    const texts = assets
      .filter((name) => name.endsWith('.js'))
      .map((name) => readFileSync(new URL(`assets/${name}`, folder), 'utf8'));
    const entries = ['node.js', 'aggregator.js', 'scheme.js'];
    const unused = assets.filter(
      (name) =>
        name.endsWith('.js') &&
        !entries.includes(name) &&
        !texts.some((text) => text.includes(`'./${name}'`)),
    );
    expect(unused).toEqual([]);
  });

  test('serves every file of the folder as what it is', async () => {
    const admin = await start();
    const types = {
      js: 'text/javascript; charset=utf-8',
      css: 'text/css; charset=utf-8',
      svg: 'image/svg+xml',
    };
    expect(assets.length).toBeGreaterThan(10);
    for (const name of assets) {
      const { status, headers, body } = await admin.get(`/console/assets/${name}`);
      const type = types[name.split('.').at(-1) as keyof typeof types];
      expect([name, status, headers['content-type']]).toEqual([name, 200, type]);
      expect(body).toBe(readFileSync(new URL(`assets/${name}`, folder), 'utf8'));
    }
  });

  test('imports only modules that there are', () => {
    const modules = assets.filter((name) => name.endsWith('.js'));
    const imported = modules.flatMap((name) =>
      [...readFileSync(new URL(`assets/${name}`, folder), 'utf8').matchAll(/from '([^']+)'/g)].map(
        ([, path]) => path,
      ),
    );
    expect(imported.length).toBeGreaterThan(20);
    expect(imported.filter((path) => !modules.includes(path!.replace(/^\.\//, '')))).toEqual([]);
  });

  test.each([
    '/console/assets/..%2Fpage%2Fnode.html',
    '/console/assets/..%2fstate.ts',
    '/console/assets/..%5Cstate.ts',
    '/console/assets/%2E%2E%2F%2E%2E%2Fadmin-view.ts',
    '/console/assets/%2Fetc%2Fpasswd',
    '/console/assets/node.js%00.css',
    '/console/assets/constructor',
    '/console/assets/nothing.js',
    '/console/assets/',
    '/console/assets/../page/node.html',
    '/speedscope/..%2F..%2Fpackage.json',
    '/speedscope/nothing.js',
    '/speedscope/__proto__',
  ])('has no %s', async (path) => {
    const { status, headers, body } = await (await start()).get(path);
    expect(status).toBe(404);
    expect(headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(body).toMatch(/^there is no /);
  });
});

describe('/speedscope/', () => {
  const release = new URL('../../../../node_modules/speedscope/dist/release/', import.meta.url);

  test('serves the page of the package at both of its names', async () => {
    const admin = await start();
    const index = readFileSync(new URL('index.html', release), 'utf8');
    for (const path of ['/speedscope/', '/speedscope/index.html']) {
      const answer = await admin.get(path);
      expect(answer.body).toBe(index);
      expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
      expect(answer.headers['cache-control']).toBe('no-store');
    }
  });

  test('may neither load nor tell anything elsewhere, whatever its address says', async () => {
    const answer = await (await start()).get('/speedscope/index.html');
    expect(allowed(answer, 'default-src')).toEqual(["'none'"]);
    expect(allowed(answer, 'connect-src')).toEqual(["'self'"]);
    expect(allowed(answer, 'script-src')).not.toContain("'unsafe-inline'");
    expect(allowed(answer, 'script-src')).not.toContain("'unsafe-eval'");
  });

  test('serves every file of the package, bytes unchanged', async () => {
    const { origin } = originOf(await start());
    const names = readdirSync(release);
    expect(names.length).toBeGreaterThan(5);
    for (const name of names) {
      const response = await fetch(`${origin}/speedscope/${name}`);
      expect([name, response.status]).toEqual([name, 200]);
      const bytes = Buffer.from(await response.arrayBuffer());
      expect(digest(bytes)).toBe(digest(readFileSync(new URL(name, release))));
      expect(response.headers.get('content-type')!.includes('html')).toBe(name === 'index.html');
    }
  });

  test('lets a browser keep what has a digest in its name', async () => {
    const admin = await start();
    const script = readdirSync(release).find((name) => /^speedscope-.*\.js$/.test(name));
    const { headers } = await admin.get(`/speedscope/${script}`);
    expect(headers['cache-control']).toBe('private, max-age=31536000, immutable');
    expect(headers['content-type']).toBe('text/javascript; charset=utf-8');
    expect((await admin.get('/speedscope/release.txt')).headers['cache-control']).toBe('no-store');
  });

  test('is found without the slash too', async () => {
    const { status, headers } = await (await start()).get('/speedscope');
    expect([status, headers.location]).toEqual([308, '/speedscope/']);
  });
});

describe('a static folder', () => {
  async function temporary(): Promise<string> {
    const path = await mkdtemp(join(tmpdir(), 'meshlock-static-'));
    onTestFinished(() => rm(path, { recursive: true, force: true }));
    return path;
  }

  test('has neither links, folders, nor files of a kind it does not know', async () => {
    const path = await temporary();
    await writeFile(join(path, 'kept.txt'), 'text');
    await writeFile(join(path, 'secret.key'), 'key');
    await symlink('/etc/hostname', join(path, 'link.txt'));
    await mkdir(join(path, 'folder.txt'));
    const files = new StaticFolder(path);
    expect((await files.file('kept.txt'))?.contentType).toBe('text/plain; charset=utf-8');
    for (const name of ['secret.key', 'link.txt', 'folder.txt', '.', '..', ''])
      expect(await files.file(name)).toBe(null);
  });

  test('reads a file once', async () => {
    const path = await temporary();
    await writeFile(join(path, 'a.txt'), 'first');
    const files = new StaticFolder(path);
    const [one, two] = await Promise.all([files.file('a.txt'), files.file('a.txt')]);
    await writeFile(join(path, 'a.txt'), 'second');
    expect(two).toBe(one);
    expect(await files.file('a.txt')).toBe(one);
  });

  test('tries again after an error', async () => {
    const path = await temporary();
    const files = new StaticFolder(join(path, 'later'));
    await expect(files.file('a.txt')).rejects.toThrow('ENOENT');
    await mkdir(join(path, 'later'));
    await writeFile(join(path, 'later', 'a.txt'), 'text');
    expect(await files.file('a.txt')).not.toBe(null);
  });
});

function originOf({ address }: Admin): { origin: string } {
  return { origin: `http://127.0.0.1:${address.port}` };
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
