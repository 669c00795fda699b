/**
 * Copies of a request's body: what came before there was a connection, and what a further try would have to send
 * again. Made only when there is something to keep; bounded by the retry policy and, before that, by one read.
 */
import type { RetryConfig } from '../config/index.ts';
import type { Http1Upstream } from '../protocol/index.ts';

export class RequestBody {
  #pieces: Buffer[] = [];
  #bytes = 0;
  #lost = false;

  /** Part of the body has been sent and not kept: it cannot be sent again. */
  get lost(): boolean {
    return this.#lost;
  }

  /** Keeps a piece that cannot be sent yet. */
  hold(bytes: Buffer, from: number, to: number): void {
    this.#pieces.push(Buffer.from(bytes.subarray(from, to)));
    this.#bytes += to - from;
  }

  /** Keeps a piece that is being sent, if the policy has a use and room for it. */
  keep(bytes: Buffer, from: number, to: number, policy: RetryConfig): void {
    if (this.#lost) return;
    if (policy.attempts === 0 || this.#bytes + to - from > policy.maxBodyBytes) this.#lose();
    else this.hold(bytes, from, to);
  }

  /** Sends all that is kept; from here on only what the policy allows stays. */
  sendTo(upstream: Http1Upstream, policy: RetryConfig): void {
    for (const piece of this.#pieces) upstream.sendBody(piece, 0, piece.length);
    if (this.#bytes > 0 && (policy.attempts === 0 || this.#bytes > policy.maxBodyBytes)) this.#lose();
  }

  /** There will be no further try. */
  forget(): void {
    this.#pieces = [];
    this.#bytes = 0;
  }

  #lose(): void {
    this.#lost = true;
    this.forget();
  }
}
