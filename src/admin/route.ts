/**
 * One endpoint of the admin API, and the table that finds it. The built-in ones and those that other rooms add (captures,
 * health, console) are all entries of this table; the help page, the forms, the checks of parameters and the
 * documentation test read the same entries.
 */
import { nearestName } from '../base/index.ts';
import type { AdminQuery } from './query.ts';
import type { AdminReply, Format } from './reply.ts';

export interface AdminRoute {
  /** `POST` for everything that changes the process. `HEAD` is answered wherever `GET` is. */
  readonly method: 'GET' | 'POST';
  /** `/stats/prometheus`; a segment `:id` takes any text and is handed over in `params`. */
  readonly path: string;
  /** One sentence for the help page. */
  readonly summary: string;
  /** Every parameter there is: any other is refused. `format` is added by itself where there is a choice. */
  readonly parameters?: readonly AdminParameter[];
  /** Answers it can give; the first is given when the caller has no wish. Default: `text`, `json`. */
  readonly formats?: readonly Format[];
  /** The body is no form, whatever it says it is: `curl -d` calls everything one. */
  readonly ownBody?: true;
  /** May throw: a `MeshlockError` is shown to the caller, anything else becomes a 500 with an id. */
  handle(request: AdminRequest): AdminReply | Promise<AdminReply>;
}

export interface AdminParameter {
  /** A name in angle brackets, `<logger>`, stands for any name that is not declared. */
  readonly name: string;
  readonly summary: string;
  /**
   * `flag`: present, or one of true and false; `pattern`: a linear-time (RE2) regular expression; `text`: up to 1,024
   * characters; a list: one of its values.
   */
  readonly value: 'flag' | 'pattern' | 'text' | readonly string[];
}

export interface AdminRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** The `:name` segments, decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** Parameters from the query and, for a `POST` of a form, from its body; checked against the route. */
  readonly query: AdminQuery;
  /** One of the route's formats, chosen by `?format=` or `Accept`. */
  readonly format: Format;
  /** The `Accept` header; empty when there was none. */
  readonly accept: string;
  /** At most 64 KiB. */
  readonly body: Uint8Array;
}

export type RouteMatch =
  | { readonly kind: 'found'; readonly route: AdminRoute; readonly params: Readonly<Record<string, string>> }
  /** The path exists, with other methods. */
  | { readonly kind: 'method'; readonly allowed: readonly AdminRoute['method'][] }
  | { readonly kind: 'unknown'; readonly nearest: string | undefined };

export class RouteTable {
  readonly routes: readonly AdminRoute[];
  readonly #literal = new Map<string, AdminRoute[]>();
  readonly #patterns: { readonly segments: readonly string[]; readonly route: AdminRoute }[] = [];

  /** Throws for two routes of one method and path: that is a mistake of the program. */
  constructor(routes: readonly AdminRoute[]) {
    const seen = new Set<string>();
    for (const route of routes) {
      const key = `${route.method} ${route.path}`;
      if (!route.path.startsWith('/')) throw new Error(`admin route ${key}: a path starts with /`);
      if (seen.has(key)) throw new Error(`admin route ${key} is registered twice`);
      seen.add(key);
      if (route.path.includes('/:')) this.#patterns.push({ segments: route.path.split('/'), route });
      else this.#literal.set(route.path, [...(this.#literal.get(route.path) ?? []), route]);
    }
    this.routes = [...routes].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  }

  /** `method` as in the request, with `HEAD` already turned into `GET`. A literal path goes before a pattern. */
  match(method: string, path: string): RouteMatch {
    const candidates = this.#candidates(path);
    for (const { route, params } of candidates) {
      if (route.method === method) return { kind: 'found', route, params };
    }
    if (candidates.length > 0)
      return { kind: 'method', allowed: candidates.map(({ route }) => route.method) };
    const nearest = nearestName(
      path,
      this.routes.map((route) => route.path),
    );
    return { kind: 'unknown', nearest };
  }

  /** The entry for another method of the same path. */
  sibling(route: AdminRoute, method: AdminRoute['method']): AdminRoute | null {
    return this.routes.find((other) => other.path === route.path && other.method === method) ?? null;
  }

  #candidates(path: string): { route: AdminRoute; params: Readonly<Record<string, string>> }[] {
    const literal = this.#literal.get(path);
    if (literal !== undefined) return literal.map((route) => ({ route, params: {} }));
    const segments = path.split('/');
    const found: { route: AdminRoute; params: Readonly<Record<string, string>> }[] = [];
    for (const pattern of this.#patterns) {
      const params = matchSegments(pattern.segments, segments);
      if (params !== null) found.push({ route: pattern.route, params });
    }
    return found;
  }
}

/** `null` when they differ, also for an empty or badly encoded segment in the place of a name. */
function matchSegments(
  pattern: readonly string[],
  segments: readonly string[],
): Record<string, string> | null {
  if (pattern.length !== segments.length) return null;
  const params: Record<string, string> = {};
  for (const [i, expected] of pattern.entries()) {
    const segment = segments[i]!;
    if (!expected.startsWith(':')) {
      if (segment !== expected) return null;
      continue;
    }
    const value = decodeSegment(segment);
    if (value === null || value === '') return null;
    params[expected.slice(1)] = value;
  }
  return params;
}

function decodeSegment(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}
