/** The passage of one exchange through its listener's filters: who is next, and what they have changed so far. */
import { type FilterExchange, FilterStatus, type StreamFilter } from '../filter/index.ts';
import type { RequestHead, ResponseHead } from '../protocol/index.ts';
import type { Exchange } from './exchange.ts';

const fieldName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Fields of one direction that filters replace; `null` as the value removes. */
type Edits = Map<string, string | null>;

export class FilterRun implements FilterExchange {
  readonly #exchange: Exchange;
  readonly #filters: readonly StreamFilter[];
  readonly #request: Edits = new Map();
  readonly #response: Edits = new Map();
  #notes: Map<string, unknown> | null = null;
  #next = 0;
  #stopped = false;
  #replied = false;

  constructor(exchange: Exchange, filters: readonly StreamFilter[]) {
    this.#exchange = exchange;
    this.#filters = filters;
  }

  /** Runs the request through the filters that are left; false when it was stopped or answered. */
  onRequestHead(): boolean {
    while (this.#next < this.#filters.length) {
      const filter = this.#filters[this.#next++]!;
      const status = filter.onRequestHead?.(this) ?? FilterStatus.Continue;
      if (this.#replied || status === FilterStatus.Replied) return false;
      if (status === FilterStatus.Stop) {
        this.#stopped = true;
        return false;
      }
    }
    return true;
  }

  onRequestBody(bytes: Uint8Array, from: number, to: number): void {
    for (const filter of this.#filters) filter.onRequestBody?.(this, bytes, from, to);
  }

  onResponseHead(head: ResponseHead): void {
    for (const filter of this.#filters) filter.onResponseHead?.(this, head);
  }

  onComplete(status: number): void {
    this.#stopped = false;
    for (const filter of this.#filters) filter.onComplete?.(this, status);
  }

  get request(): RequestHead {
    return this.#exchange.head!;
  }

  get remoteAddress(): string {
    return this.#exchange.connection.remoteAddress;
  }

  get notes(): Map<string, unknown> {
    return (this.#notes ??= new Map());
  }

  setRequestHeader(name: string, value: string): void {
    set(this.#request, name, value);
  }

  removeRequestHeader(name: string): void {
    this.#request.set(name.toLowerCase(), null);
  }

  setResponseHeader(name: string, value: string): void {
    set(this.#response, name, value);
  }

  removeResponseHeader(name: string): void {
    this.#response.set(name.toLowerCase(), null);
  }

  reply(status: number, body: string, headers: Readonly<Record<string, string>> = {}): void {
    if (!Number.isInteger(status) || status < 200 || status > 599) {
      throw new RangeError(`a filter may answer with a status from 200 to 599, not ${status}`);
    }
    const edits: Edits = new Map();
    for (const [name, value] of Object.entries(headers)) set(edits, name, value);
    this.#replied = true;
    this.#stopped = false;
    this.#exchange.filterReply(status, linesOf(edits, []), body);
    this.#exchange.context.net.outbox.flush();
  }

  resume(): void {
    if (!this.#stopped) return;
    this.#stopped = false;
    if (this.onRequestHead()) this.#exchange.proceed();
    this.#exchange.context.net.outbox.flush();
  }

  /** Field lines towards the upstream; the names they replace are pushed to `dropped`. */
  requestLines(dropped: string[]): string {
    return linesOf(this.#request, dropped);
  }

  responseLines(dropped: string[]): string {
    return linesOf(this.#response, dropped);
  }
}

/** A filter is code, so a field that would break the message is its fault and is thrown back at it. */
function set(edits: Edits, name: string, value: string): void {
  if (!fieldName.test(name)) throw new TypeError(`"${name}" is not a header field name`);
  if (!fieldValue.test(value))
    throw new TypeError(`the value of "${name}" has characters that a header field cannot carry`);
  edits.set(name.toLowerCase(), value);
}

function linesOf(edits: Edits, dropped: string[]): string {
  let lines = '';
  for (const [name, value] of edits) {
    dropped.push(name);
    if (value !== null) lines += `${name}: ${value}\r\n`;
  }
  return lines;
}
