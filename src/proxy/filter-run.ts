/** The passage of one exchange through its listener's filters: who is next, and what they have changed so far. */
import { type FilterExchange, FilterStatus, type StreamFilter } from '../filter/index.ts';
import type { RequestHead, ResponseHead } from '../protocol/index.ts';
import type { Exchange } from './exchange.ts';

const fieldName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Fields that frame or route a message or belong to one connection: the proxy writes them itself. */
const ownedFields: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Fields of one direction that filters replace, by name in lower case; `null` as the value removes. */
export type FieldEdits = Map<string, string | null>;

export class FilterRun implements FilterExchange {
  readonly #exchange: Exchange;
  readonly #filters: readonly StreamFilter[];
  /** Towards the upstream. */
  readonly requestEdits: FieldEdits = new Map();
  /** Towards the client. */
  readonly responseEdits: FieldEdits = new Map();
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
    try {
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
    } catch (error) {
      this.#onError(error);
      return false;
    }
  }

  onRequestBody(bytes: Uint8Array, from: number, to: number): void {
    try {
      for (const filter of this.#filters) filter.onRequestBody?.(this, bytes, from, to);
    } catch (error) {
      this.#onError(error);
    }
  }

  /** False when a filter has answered instead. */
  onResponseHead(head: ResponseHead): boolean {
    try {
      for (const filter of this.#filters) filter.onResponseHead?.(this, head);
    } catch (error) {
      this.#onError(error);
    }
    return !this.#replied;
  }

  onComplete(status: number): void {
    this.#stopped = false;
    try {
      for (const filter of this.#filters) filter.onComplete?.(this, status);
    } catch (error) {
      this.#exchange.context.onFilterError(error);
    }
  }

  /** A filter that fails may be the one that guards: its exchange is refused, and no other suffers. */
  #onError(error: unknown): void {
    this.#exchange.context.onFilterError(error);
    this.#replied = true;
    this.#stopped = false;
    this.#exchange.filterReply(500, '', 'a filter failed\n');
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
    set(this.requestEdits, name, value);
  }

  removeRequestHeader(name: string): void {
    remove(this.requestEdits, name);
  }

  setResponseHeader(name: string, value: string): void {
    set(this.responseEdits, name, value);
  }

  removeResponseHeader(name: string): void {
    remove(this.responseEdits, name);
  }

  reply(status: number, body: string, headers: Readonly<Record<string, string>> = {}): void {
    if (!Number.isInteger(status) || status < 200 || status > 599) {
      throw new RangeError(`a filter may answer with a status from 200 to 599, not ${status}`);
    }
    const edits: FieldEdits = new Map(this.responseEdits);
    for (const [name, value] of Object.entries(headers)) set(edits, name, value);
    this.#exchange.context.net.turn.begin();
    this.#replied = true;
    this.#stopped = false;
    this.#exchange.filterReply(status, linesOfEdits(edits), body);
    this.#exchange.context.net.turn.end();
  }

  resume(): void {
    if (!this.#stopped) return;
    // Called from anywhere: this may be the first that the data path hears of this turn.
    this.#exchange.context.net.turn.begin();
    this.#stopped = false;
    if (this.onRequestHead()) this.#exchange.proceed();
    this.#exchange.context.net.turn.end();
  }
}

/** A filter is code, so a field that would break the message is its fault and is thrown back at it. */
function set(edits: FieldEdits, name: string, value: string): void {
  checkName(name);
  if (!fieldValue.test(value))
    throw new TypeError(`the value of "${name}" has characters that a header field cannot carry`);
  edits.set(name.toLowerCase(), value);
}

function remove(edits: FieldEdits, name: string): void {
  checkName(name);
  edits.set(name.toLowerCase(), null);
}

function checkName(name: string): void {
  if (!fieldName.test(name)) throw new TypeError(`"${name}" is not a header field name`);
  if (ownedFields.has(name.toLowerCase()))
    throw new TypeError(`"${name}" is not a filter's to change: it belongs to the connection or its route`);
}

export function linesOfEdits(edits: FieldEdits): string {
  let lines = '';
  for (const [name, value] of edits) if (value !== null) lines += `${name}: ${value}\r\n`;
  return lines;
}
