/**
 * `Max-Forwards` (RFC 9110 section 7.6.2): how many hops a TRACE or OPTIONS may still take. At 0 this hop is the one that
 * was asked about, and answers itself.
 */
import { type Http1Head, Method, methodNames } from '../protocol/index.ts';

/** Hops left; -1 when the request does not limit them, or is of a method that they do not count for. */
export function hopsLeft(head: Http1Head): number {
  if (head.methodKind !== Method.Options && head.methodKind !== Method.Trace) return -1;
  const value = head.header('max-forwards');
  return value !== undefined && /^\d{1,9}$/.test(value) ? Number(value) : -1;
}

/** Fields that a TRACE must not give back, because a script that may send it may not read them. */
const secret = /^(authorization|proxy-authorization|cookie|.*token.*|.*secret.*|.*api-?key.*)$/i;

/** The request as it came, for the body of the answer to a TRACE. */
export function traceBody(head: Http1Head): string {
  let text = `${methodNames[Method.Trace]} ${head.target} HTTP/1.1\r\n`;
  for (let i = 0; i < head.headerCount; i++) {
    const name = head.headerName(i);
    if (!secret.test(name)) text += `${name}: ${head.headerValue(i)}\r\n`;
  }
  return text;
}
