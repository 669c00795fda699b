/** Requests that this hop answers because it was told to: direct replies, redirects, and a last hop's. */
import { type Http1Head, Method } from '../protocol/index.ts';
import type { Route } from '../route/index.ts';
import { hopsLeft, traceBody } from './max-forwards.ts';

export interface OwnAnswer {
  readonly status: number;
  /** Field lines, each with CRLF. */
  readonly lines: string;
  readonly body: string;
  /** For the access log. */
  readonly details: string;
}

/** `null`: the request is to be forwarded, or no route takes it. */
export function ownAnswer(head: Http1Head, route: Route | null): OwnAnswer | null {
  if (hopsLeft(head) === 0) return lastHop(head);
  if (route === null || route.kind === 'forward') return null;
  return route.kind === 'reply' ? directReply(route) : redirect(head, route);
}

/** The request was meant for this hop (`Max-Forwards: 0`). */
function lastHop(head: Http1Head): OwnAnswer {
  const isTrace = head.methodKind === Method.Trace;
  const lines = isTrace ? 'content-type: message/http\r\n' : '';
  return { status: 200, lines, body: isTrace ? traceBody(head) : '', details: 'max_forwards' };
}

function directReply(route: Route): OwnAnswer {
  const { status, contentType, body } = route.reply!;
  const lines = contentType !== '' && body.length > 0 ? `content-type: ${contentType}\r\n` : '';
  return { status, lines, body: body.toString(), details: 'direct_response' };
}

function redirect(head: Http1Head, route: Route): OwnAnswer {
  const location = route.location(head, 'http');
  if (location === null) {
    return {
      status: 400,
      lines: '',
      body: 'a redirect needs a valid Host\n',
      details: 'redirect_without_host',
    };
  }
  const { action } = route.config;
  const status = action.kind === 'redirect' ? action.status : 302;
  return { status, lines: `location: ${location}\r\n`, body: '', details: 'redirect' };
}
