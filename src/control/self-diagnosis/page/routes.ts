/**
 * The page for the person on call, `/holmes`, and the flame graphs it opens, `/speedscope/`. Both are static: what they
 * show they fetch from the JSON endpoints of the same server, and their policies let them ask nobody else.
 */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { AdminReply, AdminRoute } from '../../../admin/index.ts';
import { type StaticFile, StaticFolder } from './static-folder.ts';

/** No script but the page's own, and no text that becomes markup: a profile holds names from other people's code. */
const pagePolicy: string = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/**
 * Speedscope writes its styles into the page and compiles a little WebAssembly. It is handed addresses in the fragment,
 * which anybody can write into a link: `connect-src` and `script-src` keep these to this server.
 */
const speedscopePolicy: string = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

/** Speedscope's build puts a digest of the content into these names; a browser may keep them for good. */
const digestInName = /-[0-9A-Z]{8}\.\w+$/;
const keepForGood = 'private, max-age=31536000, immutable';

/** They need no monitor: without one the page says how to get it. Adds to the admin table; no two calls in one table. */
export function pageRoutes(): readonly AdminRoute[] {
  const page = new StaticFolder(import.meta.dirname);
  const assets = new StaticFolder(join(import.meta.dirname, 'assets'));
  return [
    {
      method: 'GET',
      path: '/holmes',
      summary: 'The page for the person on call: captures with their sentence, readings, decisions.',
      formats: ['html'],
      handle: async () => served(await page.file('page.html'), 'page.html', { policy: pagePolicy }),
    },
    {
      method: 'GET',
      path: '/holmes/assets/:file',
      summary: 'Script and style of that page.',
      formats: ['text'],
      handle: async ({ params: { file = '' } }) => served(await assets.file(file), file),
    },
    ...speedscopeRoutes(),
  ];
}

function speedscopeRoutes(): readonly AdminRoute[] {
  let release: StaticFolder | null = null;
  const serve = async (name: string): Promise<AdminReply> => {
    release ??= new StaticFolder(speedscopeFolder());
    const headers = digestInName.test(name) ? { 'cache-control': keepForGood } : {};
    return served(await release.file(name), name, { policy: speedscopePolicy, headers });
  };
  return [
    {
      method: 'GET',
      path: '/speedscope',
      summary: 'Leads to the viewer of flame graphs.',
      formats: ['text'],
      // A browser keeps the fragment, which names the profile, over a redirect.
      handle: () => ({
        status: 308,
        contentType: 'text/plain; charset=utf-8',
        body: 'the flame graphs are at /speedscope/\n',
        headers: { location: '/speedscope/' },
      }),
    },
    {
      method: 'GET',
      path: '/speedscope/',
      summary:
        'The viewer of flame graphs; a capture opens with #profileURL=/captures/<id>.cpuprofile behind it.',
      formats: ['html'],
      handle: () => serve('index.html'),
    },
    {
      method: 'GET',
      path: '/speedscope/:file',
      summary: 'Its files, as in the npm package speedscope.',
      formats: ['text'],
      handle: ({ params: { file = '' } }) => serve(file),
    },
  ];
}

/** Throws when the package is not installed. */
function speedscopeFolder(): string {
  const manifest = createRequire(import.meta.url).resolve('speedscope/package.json');
  return join(dirname(manifest), 'dist', 'release');
}

interface Serving {
  /** Of an HTML page. */
  readonly policy?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Without headers of its own a file is not kept by the browser: ours change with the version of the program. */
function served(file: StaticFile | null, name: string, { policy, headers = {} }: Serving = {}): AdminReply {
  if (file === null) {
    const body = `there is no file ${JSON.stringify(name.slice(0, 100))} here\n`;
    return { status: 404, contentType: 'text/plain; charset=utf-8', body };
  }
  const html = policy !== undefined && file.contentType.startsWith('text/html');
  return {
    status: 200,
    contentType: file.contentType,
    body: file.bytes,
    headers: { ...headers, ...(html ? { 'content-security-policy': policy } : {}) },
  };
}
