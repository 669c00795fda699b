/** The flame graphs that the console opens, `/speedscope/`: the release of the npm package, under a policy of its own. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { AdminReply, AdminRoute } from '../../admin/index.ts';
import { StaticFolder } from './static-folder.ts';
import { served } from './static-reply.ts';

/**
 * Speedscope writes its styles into the page and compiles a little WebAssembly. It is handed addresses in the fragment,
 * which anybody can write into a link: `connect-src` and `script-src` keep these to this server.
 */
const policy: string = [
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

export function speedscopeRoutes(): readonly AdminRoute[] {
  let release: StaticFolder | null = null;
  const serve = async (name: string): Promise<AdminReply> => {
    release ??= new StaticFolder(speedscopeFolder());
    const headers = digestInName.test(name) ? { 'cache-control': keepForGood } : {};
    return served(await release.file(name), name, { policy, headers });
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
