/** Where the shards are that an aggregator of the second level joins. */
import type { TokenSource } from './token-source.ts';

export interface ShardSettings {
  /** Of an aggregator, such as `http://10.0.0.7:9921`. */
  readonly url: string;
  readonly token: TokenSource;
}
