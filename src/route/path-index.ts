/**
 * Finds the first of many routes that matches, without trying each: one walk over the path looks up every prefix of it,
 * and the path itself, by a rolling hash. Routes with a regular expression are tried one by one, but only those that
 * stand before the best route found so far. The answer is that of trying the routes in order.
 */
import type { RequestHead } from '../protocol/index.ts';
import { EMPTY_HASH, extendHash, hashForward } from './rolling-hash.ts';
import type { Route } from './route.ts';

/** The routes with one path value, as rising positions in the list. */
interface Bucket {
  readonly value: string;
  readonly routes: number[];
  /** Another value with the same hash. */
  readonly next: Bucket | null;
}

class PathTable {
  readonly #byHash = new Map<number, Bucket>();
  /** By length: is there a value so long? */
  readonly #lengths: boolean[] = [];

  /** -1 when the table is empty. */
  get longest(): number {
    return this.#lengths.length - 1;
  }

  hasLength(length: number): boolean {
    return length < this.#lengths.length && this.#lengths[length] === true;
  }

  add(value: string, position: number): void {
    const hash = hashForward(value);
    const first = this.#byHash.get(hash) ?? null;
    let bucket = first;
    while (bucket !== null && bucket.value !== value) bucket = bucket.next;
    if (bucket === null) {
      this.#byHash.set(hash, { value, routes: [position], next: first });
      while (this.#lengths.length <= value.length) this.#lengths.push(false);
      this.#lengths[value.length] = true;
    } else {
      bucket.routes.push(position);
    }
  }

  /** The positions of the value that is `target` up to `length`, whose hash is `hash`. */
  find(hash: number, target: string, length: number): readonly number[] | null {
    for (let bucket = this.#byHash.get(hash) ?? null; bucket !== null; bucket = bucket.next) {
      if (bucket.value.length === length && target.startsWith(bucket.value)) return bucket.routes;
    }
    return null;
  }
}

export class PathIndex {
  readonly #routes: readonly Route[];
  readonly #prefixes = new PathTable();
  readonly #exact = new PathTable();
  readonly #regexes: number[] = [];
  readonly #longest: number;

  constructor(routes: readonly Route[]) {
    this.#routes = routes;
    for (const [position, { pathMatcher }] of routes.entries()) {
      if (pathMatcher.kind === 'prefix') this.#prefixes.add(pathMatcher.value, position);
      else if (pathMatcher.kind === 'exact') this.#exact.add(pathMatcher.value, position);
      else this.#regexes.push(position);
    }
    this.#longest = Math.max(this.#prefixes.longest, this.#exact.longest);
  }

  /** `method` and `target` are the head's; `end` is the target's `pathEnd`. */
  find(head: RequestHead, method: string, target: string, end: number): Route | null {
    let best = this.#routes.length;
    let hash = EMPTY_HASH;
    const stop = Math.min(end, this.#longest);
    for (let length = 0; length <= stop; length++) {
      if (length > 0) hash = extendHash(hash, target.charCodeAt(length - 1));
      if (this.#prefixes.hasLength(length)) {
        const found = this.#prefixes.find(hash, target, length);
        if (found !== null) best = this.#first(found, best, head, method, target, end);
      }
    }
    if (stop === end && this.#exact.hasLength(end)) {
      const found = this.#exact.find(hash, target, end);
      if (found !== null) best = this.#first(found, best, head, method, target, end);
    }
    best = this.#firstRegex(best, head, method, target, end);
    return best === this.#routes.length ? null : this.#routes[best]!;
  }

  /** The first of `positions` before `best` whose other conditions hold, else `best`. */
  #first(
    positions: readonly number[],
    best: number,
    head: RequestHead,
    method: string,
    target: string,
    end: number,
  ): number {
    for (const position of positions) {
      if (position >= best) break;
      if (this.#routes[position]!.accepts(head, method, target, end)) return position;
    }
    return best;
  }

  #firstRegex(best: number, head: RequestHead, method: string, target: string, end: number): number {
    for (const position of this.#regexes) {
      if (position >= best) break;
      const route = this.#routes[position]!;
      if (route.accepts(head, method, target, end) && route.pathMatcher.matches(target, end)) return position;
    }
    return best;
  }
}
