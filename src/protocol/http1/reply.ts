/** Complete answers that the proxy makes itself. */
import type { Connection } from '../../net/index.ts';
import { reasonPhrase } from './reason-phrase.ts';

export interface Reply {
  readonly status: number;
  /** Field lines, each with CRLF; `content-type` defaults to plain text. */
  readonly lines: string;
  readonly body: string;
  /** The request was HEAD: the fields describe the body, which is not sent. */
  readonly isHead: boolean;
  /** Unix milliseconds, for `Date`. */
  readonly wallMs: number;
}

export function writeReply(out: Connection, reply: Reply): void {
  const { status, lines, isHead } = reply;
  const bodiless = status === 204 || status === 304 || status < 200;
  const body = bodiless ? '' : reply.body;
  const bytes = Buffer.from(body, 'utf8');
  let head = `HTTP/1.1 ${status} ${reasonPhrase(status)}\r\n${lines}`;
  if (!/^date:/im.test(lines)) head += dateLine(reply.wallMs);
  if (!bodiless) head += `content-length: ${bytes.length}\r\n`;
  if (body !== '' && !/^content-type:/im.test(lines)) head += 'content-type: text/plain; charset=utf-8\r\n';
  out.writeLatin1(`${head}\r\n`);
  if (!isHead) out.write(bytes, 0, bytes.length);
}

let dateSecond = 0;
let dateText = '';

/** The `Date` line of this second (RFC 9110 section 6.6.1) with its CRLF, formatted once a second. */
export function dateLine(wallMs: number): string {
  const second = Math.floor(wallMs / 1000);
  if (second !== dateSecond) {
    dateSecond = second;
    dateText = `date: ${new Date(second * 1000).toUTCString()}\r\n`;
  }
  return dateText;
}
