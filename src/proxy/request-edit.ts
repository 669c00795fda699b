/** What a hop adds to a request: who it came from, which way, and under which id. */
import { randomUUID } from 'node:crypto';
import type { ForwardedConfig } from '../config/index.ts';
import { Field, fieldBit, type Http1Head } from '../protocol/index.ts';

const forwardedFields: number =
  fieldBit(Field.XForwardedFor) | fieldBit(Field.XForwardedProto) | fieldBit(Field.XForwardedHost);

/** The lines that are the same for all requests of a connection, prepared once. */
export class ForwardedLines {
  readonly #config: ForwardedConfig;
  readonly #address: string;
  readonly #via: string;
  readonly #fixed: string;

  constructor(options: { config: ForwardedConfig; via: string; remoteAddress: string; scheme: string }) {
    this.#config = options.config;
    this.#address = options.remoteAddress;
    this.#via = options.via;
    const forwarded = `x-forwarded-for: ${options.remoteAddress}\r\nx-forwarded-proto: ${options.scheme}\r\n`;
    this.#fixed = options.config.mode === 'off' ? '' : forwarded;
  }

  /** Field lines to add to `head`; names that they replace are pushed to `dropped`. */
  linesFor(head: Http1Head, dropped: string[]): string {
    let lines = this.#via === '' ? '' : `via: 1.${head.minorVersion} ${this.#via}\r\n`;
    if (this.#config.mode !== 'off') lines += this.#forwarded(head, dropped);
    if (!this.#config.keepRequestId || (head.present & fieldBit(Field.XRequestId)) === 0) {
      if ((head.present & fieldBit(Field.XRequestId)) !== 0) dropped.push('x-request-id');
      lines += `x-request-id: ${randomUUID()}\r\n`;
    }
    return lines;
  }

  #forwarded(head: Http1Head, dropped: string[]): string {
    const { authority } = head;
    const host = authority === '' ? '' : `x-forwarded-host: ${authority}\r\n`;
    if ((head.present & forwardedFields) === 0) return this.#fixed + host;
    if (this.#config.mode === 'replace') {
      dropped.push('x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host');
      return this.#fixed + host;
    }
    return this.#appended(head, dropped, host);
  }

  /** Each hop adds its peer to the list; what the first hop said of scheme and host stays. */
  #appended(head: Http1Head, dropped: string[], host: string): string {
    const before = head.fieldList(Field.XForwardedFor);
    let lines: string;
    if (before === undefined) lines = `x-forwarded-for: ${this.#address}\r\n`;
    else {
      dropped.push('x-forwarded-for');
      lines = `x-forwarded-for: ${before}, ${this.#address}\r\n`;
    }
    if ((head.present & fieldBit(Field.XForwardedProto)) === 0)
      lines += this.#fixed.slice(this.#fixed.indexOf('\n') + 1);
    if ((head.present & fieldBit(Field.XForwardedHost)) === 0) lines += host;
    return lines;
  }
}
