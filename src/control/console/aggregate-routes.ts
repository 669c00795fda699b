/** The console of an aggregator: its page and the files of it, beside the JSON that the aggregator serves itself. */
import type { Route } from '../../../health/index.ts';
import { assetFolder, pageFolder } from './admin-routes.ts';
import { type StaticFile, StaticFolder } from './static-folder.ts';
import { pagePolicy } from './static-reply.ts';

type Answer = ReturnType<Route['answer']>;

const fixedHeaders: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'same-origin',
};

/**
 * Reads all files at once: an aggregator answers from memory. Behind the token like everything else, which a browser asks
 * for and then sends by itself.
 */
export async function aggregateConsole(): Promise<readonly Route[]> {
  const page = await new StaticFolder(pageFolder).file('aggregator.html');
  const folder = new StaticFolder(assetFolder);
  const files = new Map<string, StaticFile>();
  for (const name of await folder.names()) {
    const file = await folder.file(name);
    if (file !== null) files.set(name, file);
  }
  return [
    get(/^\/$/, () => redirect('/console')),
    get(/^\/console$/, () => answer(page, { 'content-security-policy': pagePolicy })),
    get(/^\/console\/assets\/([^/]+)$/, ({ parts: [name = ''] }) => answer(files.get(name) ?? null, {})),
  ];
}

function get(pattern: RegExp, answerTo: Route['answer']): Route {
  return { method: 'GET', pattern, open: false, maxBodyBytes: 0, answer: answerTo };
}

function answer(file: StaticFile | null, headers: Readonly<Record<string, string>>): Answer {
  if (file === null)
    return { status: 404, type: 'text/plain; charset=utf-8', body: 'no such file\n', headers: {} };
  return { status: 200, type: file.contentType, body: file.bytes, headers: { ...fixedHeaders, ...headers } };
}

function redirect(location: string): Answer {
  const body = `the console is at ${location}\n`;
  return { status: 302, type: 'text/plain; charset=utf-8', body, headers: { location } };
}
