/** Where the observers of this program's calls put what they see; it keeps them from doing harm to the program. */
import type { CallFailure } from './call-failure.ts';
import type { EpochCounter } from './epoch-counter.ts';
import { parsePeer } from './peer-header.ts';
import type { Peer } from './viewpoint.ts';

export interface CallSinkOptions {
  readonly counter: EpochCounter;
  /** Addresses (origin and path, without a query) that are no calls of the application. */
  readonly ignore: ReadonlySet<string>;
}

export class CallSink {
  readonly #counter: EpochCounter;
  readonly #ignore: ReadonlySet<string>;

  constructor({ counter, ignore }: CallSinkOptions) {
    this.#counter = counter;
    this.#ignore = ignore;
  }

  count(viewpoint: 'caller' | 'callee', peer: Peer, failure: CallFailure | null): void {
    const { origin, reason } = failure ?? { origin: 'upstream', reason: '' };
    this.#counter.count({ viewpoint, peer, failed: failure !== null, origin, reason });
  }

  /** `path` may have a query. */
  isIgnored(origin: string, path: string): boolean {
    return this.#ignore.size > 0 && this.#ignore.has(`${origin}${path.split('?', 1)[0]}`);
  }

  /**
   * What a subscriber of a channel throws becomes an uncaught exception of the program. The messages are not ours, and
   * another version of undici may publish others: such a call is not counted.
   */
  guard<T>(run: (message: T) => void): (message: T) => void {
    return (message) => {
      try {
        run(message);
      } catch {
        // Better one call too few than a program that ends.
      }
    };
  }
}

/** Who answered: as introduced, else the host that was asked, which stands for the service. */
export function answeringPeer(header: string | undefined, host: string): Peer {
  const peer = header === undefined ? null : parsePeer(header);
  return peer ?? { node: '', service: host, version: '', release: '' };
}
