/** What a hop adds to a request: who it came from, which way, and under which id. */
import { randomUUID } from 'node:crypto';
import type { ForwardedConfig } from '../config/index.ts';
import { Field, fieldBit, type Http1Head } from '../protocol/index.ts';

const forwardedFields: number =
  fieldBit(Field.XForwardedFor) | fieldBit(Field.XForwardedProto) | fieldBit(Field.XForwardedHost);
const requestIdField: number = fieldBit(Field.XRequestId);

/** Makes the lines for the requests of one connection, which mostly differ in nothing but the request id. */
export class ForwardedLines {
  readonly #config: ForwardedConfig;
  readonly #address: string;
  readonly #scheme: string;
  readonly #via: string;
  /** What the last request with this authority and version got. */
  #lastAuthority: Buffer | null = null;
  #lastVersion = -1;
  #lastLines = '';

  constructor(options: { config: ForwardedConfig; via: string; remoteAddress: string; scheme: string }) {
    this.#config = options.config;
    this.#address = options.remoteAddress;
    this.#scheme = options.scheme;
    this.#via = options.via;
  }

  /** Field lines to add to `head`; names that they replace are pushed to `dropped`. */
  linesFor(head: Http1Head, dropped: string[]): string {
    let lines: string;
    if (this.#config.mode === 'off') lines = this.#viaLine(head);
    else if ((head.present & forwardedFields) === 0) lines = this.#usualLines(head);
    else if (this.#config.mode === 'replace') {
      dropped.push('x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host');
      lines = this.#usualLines(head);
    } else lines = this.#appendedLines(head, dropped);
    if (this.#config.keepRequestId && (head.present & requestIdField) !== 0) return lines;
    if ((head.present & requestIdField) !== 0) dropped.push('x-request-id');
    return `${lines}x-request-id: ${randomUUID()}\r\n`;
  }

  /** For a request that comes straight from its client; remembered, because the next one is mostly alike. */
  #usualLines(head: Http1Head): string {
    if (
      this.#lastAuthority !== null &&
      this.#lastVersion === head.minorVersion &&
      head.authorityIs(this.#lastAuthority)
    ) {
      return this.#lastLines;
    }
    const { authority } = head;
    this.#lastAuthority = Buffer.from(authority, 'latin1');
    this.#lastVersion = head.minorVersion;
    this.#lastLines =
      `${this.#viaLine(head)}x-forwarded-for: ${this.#address}\r\nx-forwarded-proto: ${this.#scheme}\r\n` +
      hostLine(authority);
    return this.#lastLines;
  }

  /** Each hop adds its peer to the list; what the first hop said of scheme and host stays. */
  #appendedLines(head: Http1Head, dropped: string[]): string {
    const before = head.fieldList(Field.XForwardedFor);
    if (before !== undefined) dropped.push('x-forwarded-for');
    const list = before === undefined ? this.#address : `${before}, ${this.#address}`;
    let lines = `${this.#viaLine(head)}x-forwarded-for: ${list}\r\n`;
    if ((head.present & fieldBit(Field.XForwardedProto)) === 0)
      lines += `x-forwarded-proto: ${this.#scheme}\r\n`;
    if ((head.present & fieldBit(Field.XForwardedHost)) === 0) lines += hostLine(head.authority);
    return lines;
  }

  #viaLine(head: Http1Head): string {
    return this.#via === '' ? '' : `via: 1.${head.minorVersion} ${this.#via}\r\n`;
  }
}

function hostLine(authority: string): string {
  return authority === '' ? '' : `x-forwarded-host: ${authority}\r\n`;
}
