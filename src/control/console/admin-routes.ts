/**
 * `/console`: the page for people, under the admin port of a node. It is static and shows what it fetches from the JSON
 * paths of the same server; its policy lets it ask nobody else.
 */
import { join } from 'node:path';
import type { AdminRoute } from '../../admin/index.ts';
import { speedscopeRoutes } from './speedscope-routes.ts';
import { type ConsoleSources, consoleState } from './state.ts';
import { StaticFolder } from './static-folder.ts';
import { pagePolicy, served } from './static-reply.ts';

export const assetFolder: string = join(import.meta.dirname, 'assets');
export const pageFolder: string = join(import.meta.dirname, 'page');

/** Adds to the admin table; no two calls in one table. */
export function consoleRoutes(sources: ConsoleSources): readonly AdminRoute[] {
  const [pages, assets] = [new StaticFolder(pageFolder), new StaticFolder(assetFolder)];
  // The same number may be given to a process again, in a container nearly always.
  const instance = `${process.pid}-${sources.clock.wall()}`;
  return [
    {
      method: 'GET',
      path: '/console',
      summary: 'The console, for people: state, traffic, captures, readings.',
      formats: ['html'],
      handle: async () => served(await pages.file('node.html'), 'node.html', { policy: pagePolicy }),
    },
    {
      method: 'GET',
      path: '/console/assets/:file',
      summary: 'Script and style of the console.',
      formats: ['text'],
      handle: async ({ params: { file = '' } }) => served(await assets.file(file), file),
    },
    {
      method: 'GET',
      path: '/console/state',
      summary: 'What the console shows of this node beside its self-diagnosis, at one moment.',
      formats: ['json'],
      handle: () => ({
        status: 200,
        contentType: 'application/json; charset=utf-8',
        body: JSON.stringify(consoleState(sources, instance)),
      }),
    },
    {
      method: 'GET',
      path: '/holmes',
      summary: 'Leads to the captures in the console.',
      formats: ['text'],
      handle: () => ({
        status: 302,
        contentType: 'text/plain; charset=utf-8',
        body: 'the page is at /console#captures\n',
        headers: { location: '/console#captures' },
      }),
    },
    ...speedscopeRoutes(),
  ];
}
