/** Asks a shard for its part, with a deadline and a bound on what may come back. Asks once. */
import type { Clock, Timer } from '../clock.ts';
import { parseShardPart, type PartQuestion, type ShardPart, ShardPartError } from './shard-part.ts';
import type { ShardSettings } from './shard-settings.ts';
import { readToken } from './token-source.ts';

/** 10,000 nodes with a hundred failing edges each say as much in a minute. */
const maxBodyBytes: number = 64 * 1024 * 1024;

export class ShardClient {
  readonly name: string;
  readonly #settings: ShardSettings;
  readonly #clock: Clock;
  readonly #underWay = new Set<AbortController>();
  #isClosed = false;

  constructor(settings: ShardSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
    const url = new URL(settings.url);
    this.name = `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
  }

  /** Throws in words what is wrong, without what is secret. */
  async ask({ from, to, partsFrom, known }: PartQuestion, timeoutMs: number): Promise<ShardPart> {
    const token = await readToken(this.#settings.token);
    if (this.#isClosed) throw new Error('it is not asked any more');
    const giveUp = new AbortController();
    this.#underWay.add(giveUp);
    let isLate = false;
    const timer: Timer = this.#clock.after(timeoutMs, () => {
      isLate = true;
      giveUp.abort();
    });
    const query = new URLSearchParams({
      from: `${from}`,
      to: `${to}`,
      parts_from: `${partsFrom}`,
      known: [...known].map(([epoch, revision]) => `${epoch}.${revision}`).join(','),
    });
    try {
      const response = await fetch(`${this.name}/v1/part?${query.toString()}`, {
        headers: token === '' ? {} : { authorization: `Bearer ${token}` },
        // The token is for this address and no other.
        redirect: 'manual',
        signal: giveUp.signal,
      });
      if (response.status !== 200)
        throw new ShardPartError(`it answers ${response.status}${hintOf(response)}`);
      return parseShardPart(JSON.parse(await textOf(response)));
    } catch (error) {
      throw new Error(isLate ? `it did not answer within ${timeoutMs} ms` : reasonOf(error), {
        cause: error,
      });
    } finally {
      timer.cancel();
      this.#underWay.delete(giveUp);
      // Whatever of the answer was not read need not come any more.
      giveUp.abort();
    }
  }

  /** Gives up what is under way. */
  close(): void {
    this.#isClosed = true;
    for (const giveUp of this.#underWay) giveUp.abort();
  }
}

function hintOf({ status }: Response): string {
  if (status === 401) return ': give its token in token_file';
  return status === 404 ? ': is it an aggregator, of this version?' : '';
}

async function textOf(response: Response): Promise<string> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of response.body ?? []) {
    length += piece.length;
    if (length > maxBodyBytes) throw new ShardPartError(`it answers with more than ${maxBodyBytes} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}

function reasonOf(error: unknown): string {
  if (error instanceof ShardPartError) return error.message;
  if (error instanceof SyntaxError) return 'its answer is no JSON';
  // fetch says `fetch failed` and hides why in its cause.
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return String(cause);
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message;
  return cause === error ? cause.message : `it cannot be reached (${code})`;
}
