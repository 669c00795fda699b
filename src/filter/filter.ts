/**
 * Stream filters: code that sees every exchange of a listener between the codec and the router. A filter is one object
 * per listener and data thread; it is called synchronously and answers with a number, because a promise per filter and
 * request costs ten times the call. A filter that has to wait returns `Stop` and calls `resume` or `reply` later: the
 * exchange waits, the thread does not.
 */
import type { RequestHead, ResponseHead } from '../protocol/index.ts';

export const FilterStatus = {
  /** Go on with the next filter. */
  Continue: 0,
  /** Hold the exchange until `resume` or `reply`; only from `onRequestHead`. */
  Stop: 1,
  /** The filter has called `reply`; nothing further happens to the request. */
  Replied: 2,
} as const;
export type FilterStatus = (typeof FilterStatus)[keyof typeof FilterStatus];

/** What a filter may see and do of one exchange. Valid until `onComplete` returns. */
export interface FilterExchange {
  /** As it came from the client; edits do not show in it. */
  readonly request: RequestHead;
  /** Address of the client without its port. */
  readonly remoteAddress: string;
  /** Room for the filters' own notes on this exchange. */
  readonly notes: Map<string, unknown>;
  /**
   * Replaces every field of that name towards the upstream. Ignored once the request has been sent. Throws, as do the next
   * three, when the name or value cannot stand in a head, and for `Host` and the fields of framing and connection.
   */
  setRequestHeader(name: string, value: string): void;
  removeRequestHeader(name: string): void;
  /** Replaces every field of that name towards the client; from `onRequestHead` or `onResponseHead`. */
  setResponseHeader(name: string, value: string): void;
  removeResponseHeader(name: string): void;
  /** Answers the client instead of the upstream. Only before the answer has begun. */
  reply(status: number, body: string, headers?: Readonly<Record<string, string>>): void;
  /** Continues an exchange that was stopped, with the next filter. */
  resume(): void;
}

export interface StreamFilter {
  onRequestHead?(exchange: FilterExchange): FilterStatus;
  /** `bytes[from..to)` is borrowed until return. */
  onRequestBody?(exchange: FilterExchange, bytes: Uint8Array, from: number, to: number): void;
  /** The upstream's answer is about to be forwarded. */
  onResponseHead?(exchange: FilterExchange, head: ResponseHead): void;
  /** The exchange is over; `status` is what was sent to the client, 0 when nothing was. */
  onComplete?(exchange: FilterExchange, status: number): void;
}

/** What a filter's module exports as `default`, and what the table of built-in filters lists. */
export interface FilterDescriptor<Options = unknown> {
  readonly name: string;
  readonly kind: 'filter';
  /** Checks the options from the configuration; throws an `Error` that says what is wrong. */
  parseConfig(options: unknown): Options;
  create(options: Options): StreamFilter;
}
