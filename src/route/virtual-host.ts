/** The routes of one virtual host. The first that matches wins, in the order of the configuration. */
import type { RequestHead } from '../protocol/index.ts';
import { PathIndex } from './path-index.ts';
import type { Route } from './route.ts';
import { pathEnd } from './target.ts';

/** Up to here trying the routes in order is as fast as the index (bench/micro/route.ts). */
const INDEX_FROM = 8;

export class VirtualHost {
  readonly #routes: readonly Route[];
  readonly #index: PathIndex | null;
  /** The first route, if it asks nothing and takes every path. */
  readonly #all: Route | null;
  /** `CONNECT` has no path; its routes are apart from all others. */
  readonly #connectRoutes: readonly Route[];

  constructor(routes: readonly Route[]) {
    this.#routes = routes.filter((route) => !route.config.match.connect);
    this.#connectRoutes = routes.filter((route) => route.config.match.connect);
    this.#index = this.#routes.length < INDEX_FROM ? null : new PathIndex(this.#routes);
    const first = this.#routes[0];
    this.#all = first?.takesEveryPath === true ? first : null;
  }

  match(head: RequestHead, method: string): Route | null {
    // A path begins with a slash; `*`, which is none, is for OPTIONS alone. To read the target costs more than all else
    // here: 200 ns (bench/micro/exchange.ts).
    if (this.#all !== null && method !== 'OPTIONS') return this.#all;
    const { target } = head;
    const end = pathEnd(target);
    if (this.#index !== null) return this.#index.find(head, method, target, end);
    for (const route of this.#routes) {
      if (route.pathMatcher.matches(target, end) && route.accepts(head, method, target, end)) return route;
    }
    return null;
  }

  matchConnect(head: RequestHead, method: string, target: string): Route | null {
    for (const route of this.#connectRoutes) {
      if (route.accepts(head, method, target, target.length)) return route;
    }
    return null;
  }
}
