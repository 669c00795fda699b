/**
 * A route, ready for use: its conditions compiled, its clusters, rewrites, header mutations and redirect worked out.
 * Immutable; one object per route and data thread, shared by all requests.
 */
import type { Problem, Random } from '../base/index.ts';
import type { ForwardAction, RouteAction, RouteConfig, VirtualHostConfig } from '../config/index.ts';
import type { RequestHead } from '../protocol/index.ts';
import { Conditions } from './conditions.ts';
import { requestHash } from './hash-policy.ts';
import { HeaderPatch } from './header-patch.ts';
import { PathMatcher } from './path-match.ts';
import { PathRewrite } from './path-rewrite.ts';
import { Redirect } from './redirect.ts';
import { WeightedClusters } from './weighted-clusters.ts';

/** An answer that this node gives itself. */
export interface DirectReply {
  readonly status: number;
  readonly contentType: string;
  /** UTF-8. Shared by all requests: never written to. */
  readonly body: Uint8Array;
}

export interface RouteOptions {
  readonly config: RouteConfig;
  readonly virtualHost: string;
  /** Base of its counters. */
  readonly slot: number;
  /** Header mutations of the virtual host; the route's own go on top. */
  readonly host: Pick<VirtualHostConfig, 'requestHeaders' | 'responseHeaders'>;
  /** Where the route stands in the configuration, for `problems`. */
  readonly path: string;
  readonly problems: Problem[];
}

export class Route {
  readonly name: string;
  readonly virtualHost: string;
  readonly slot: number;
  readonly config: RouteConfig;
  readonly kind: RouteAction['kind'];
  /** Timeouts and retry of a forward; null for the other kinds. */
  readonly forward: ForwardAction | null;
  /** Null unless `kind` is `reply`. */
  readonly reply: DirectReply | null;
  readonly requestHeaders: HeaderPatch;
  readonly responseHeaders: HeaderPatch;
  /** What `Host` becomes; null leaves it. */
  readonly hostRewrite: string | null;
  /** Protocols that `Upgrade` may switch to, in lower case. */
  readonly upgrades: readonly string[];
  /** @internal For the index of its virtual host. */
  readonly pathMatcher: PathMatcher;
  readonly #conditions: Conditions;
  readonly #clusters: WeightedClusters | null;
  readonly #rewrite: PathRewrite | null;
  readonly #redirect: Redirect | null;

  constructor(options: RouteOptions) {
    const { config, path, problems } = options;
    const { action, match } = config;
    const forward = action.kind === 'forward' ? action : null;
    this.name = config.name;
    this.virtualHost = options.virtualHost;
    this.slot = options.slot;
    this.config = config;
    this.kind = action.kind;
    this.forward = forward;
    this.reply =
      action.kind === 'reply'
        ? { status: action.status, contentType: action.contentType, body: Buffer.from(action.body) }
        : null;
    this.requestHeaders = HeaderPatch.of([options.host.requestHeaders, config.requestHeaders]);
    this.responseHeaders = HeaderPatch.of([options.host.responseHeaders, config.responseHeaders]);
    this.hostRewrite = forward?.hostRewrite ?? null;
    this.upgrades = forward?.upgrades ?? [];
    this.pathMatcher = new PathMatcher(match.path, `${path}.match.path`, problems);
    this.#conditions = new Conditions(match, `${path}.match`, problems);
    this.#clusters =
      forward === null ? null : new WeightedClusters(forward.clusters, `${path}.clusters`, problems);
    const rewrite = match.connect ? null : (forward?.prefixRewrite ?? null);
    this.#rewrite = rewrite === null ? null : new PathRewrite(match.path, rewrite);
    this.#redirect =
      action.kind === 'redirect' ? new Redirect(action, match.path, `${path}.redirect`, problems) : null;
  }

  /** @internal Do method, headers and query satisfy the route? The path is the caller's to compare. */
  accepts(head: RequestHead, method: string, target: string, end: number): boolean {
    return this.#conditions.hold(head, method, target, end);
  }

  /** @internal Does it take every request whose target is a path? */
  get takesEveryPath(): boolean {
    const { kind, value } = this.pathMatcher;
    return kind === 'prefix' && value === '/' && this.#conditions.none;
  }

  /** The cluster of the next request, by weight. Only for a forward. */
  pickCluster(random: Random): string {
    if (this.#clusters === null) throw new Error(`route ${this.name} is a ${this.kind}, it has no cluster`);
    return this.#clusters.pick(random);
  }

  /** The target to send upstream, with the query kept; null when it is unchanged. */
  rewriteTarget(head: RequestHead): string | null {
    return this.#rewrite === null ? null : this.#rewrite.apply(head.target);
  }

  /** What a hashing balancer places the request by, 0..2^32-1; null when no hash policy applies. */
  hash(head: RequestHead, sourceIp: string): number | null {
    const forward = this.forward;
    if (forward === null || forward.hashPolicy.length === 0) return null;
    return requestHash(forward.hashPolicy, head, sourceIp);
  }

  /** `Location` of a redirect; see `Redirect.location`. Only for a redirect. */
  location(head: RequestHead, scheme: string): string | null {
    if (this.#redirect === null) throw new Error(`route ${this.name} is a ${this.kind}, it has no location`);
    return this.#redirect.location(head, scheme);
  }
}
