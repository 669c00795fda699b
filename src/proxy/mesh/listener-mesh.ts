/**
 * The part of one listener in the mesh: what it says of this node, whom it believes, and where it counts. An outbound
 * listener (and a gateway, whose clients are outside) introduces this node to the upstream and reads who answers; an
 * inbound one reads who calls, and introduces this node to callers that did so themselves. The header never passes.
 */
import type { Endpoint } from '../../cluster/index.ts';
import type { ListenerRole } from '../../config/index.ts';
import type { Connection } from '../../net/index.ts';
import { type HeadEdit, Http1Head, type ResponseHead } from '../../protocol/index.ts';
import { withoutFields } from '../header-lines.ts';
import type { ResponseFlag } from '../../telemetry/index.ts';
import { packOutcome, packRetriedTry } from './call-outcome.ts';
import type { EdgeRole, EdgeTable, PeerEntry } from './edge-table.ts';
import { peerHeader } from './peer-text.ts';
import type { TrustedRanges } from './trusted-ranges.ts';
import type { Exchange } from '../exchange.ts';

const peerHeaders: readonly string[] = [peerHeader];

/** Who answered at an endpoint when last somebody did, also for calls that nobody answers. */
interface Answerer {
  trust: TrustedRanges;
  trusted: boolean;
  entry: PeerEntry | null;
}

/** Survives reloads with the table, so that a failing endpoint keeps the name it gave. */
export type Answerers = WeakMap<Endpoint, Answerer>;

export interface ListenerMeshOptions {
  readonly role: ListenerRole;
  readonly edges: EdgeTable;
  readonly trust: TrustedRanges;
  /** The header's value for this node. */
  readonly introduction: string;
  readonly answerers: Answerers;
}

export class ListenerMesh {
  readonly role: EdgeRole;
  readonly edges: EdgeTable;
  /** Field line with CRLF for each request to an upstream; empty for an inbound listener: an application is no node. */
  readonly requestLine: string;
  /** The same for answers to callers that introduced themselves; empty for all others. */
  readonly answerLine: string;
  readonly #trust: TrustedRanges;
  readonly #answerers: Answerers;
  /** For answers that nothing else changes. */
  readonly #stripped: HeadEdit = editOf(peerHeaders, '');
  readonly #introduced: HeadEdit;
  readonly #both: HeadEdit;
  /** Exchanges under way that were to be tried again, with the tries that are counted. */
  readonly #retried = new Map<Exchange, number>();

  constructor({ role, edges, trust, introduction, answerers }: ListenerMeshOptions) {
    const line = introduction === '' ? '' : `${peerHeader}: ${introduction}\r\n`;
    this.role = role === 'inbound' ? 'inbound' : 'outbound';
    this.edges = edges;
    this.requestLine = role === 'inbound' ? '' : line;
    this.answerLine = role === 'inbound' ? line : '';
    this.#trust = trust;
    this.#answerers = answerers;
    this.#introduced = editOf([], this.answerLine);
    this.#both = editOf(peerHeaders, this.answerLine);
  }

  /** Whether what comes over this connection may introduce itself; with a PROXY header, both of them. */
  believes(connection: Connection): boolean {
    if (this.role !== 'inbound' || !this.#trust.has(connection.peerAddress)) return false;
    return connection.origin === null || this.#trust.has(connection.origin.sourceAddress);
  }

  /**
   * Reads who answers, takes the header out of the answer, and introduces this node if `caller` is to know. `edit`: what
   * else changes; `isPlain`: nothing.
   */
  answerEdit(head: ResponseHead, edit: HeadEdit, isPlain: boolean, exchange: Exchange): HeadEdit {
    const index = head instanceof Http1Head ? head.indexOf(peerHeader) : -1;
    const introduces = exchange.peer !== null && this.answerLine !== '';
    if (this.role === 'outbound' && index >= 0)
      this.#noteAnswerer(head as Http1Head, index, exchange.tries!.endpoint!);
    if (isPlain) {
      if (index < 0) return introduces ? this.#introduced : edit;
      return introduces ? this.#both : this.#stripped;
    }
    return {
      ...edit,
      dropped: index < 0 ? edit.dropped : [...edit.dropped, peerHeader],
      lines: withoutFields(edit.lines, peerHeaders) + (introduces ? this.answerLine : ''),
    };
  }

  /** An interim answer: the header is taken out, nobody is introduced. */
  interimEdit(head: ResponseHead): HeadEdit | undefined {
    return head instanceof Http1Head && head.indexOf(peerHeader) >= 0 ? this.#stripped : undefined;
  }

  /** Field lines of an answer of the proxy's own. */
  replyLines(lines: string, caller: PeerEntry | null): string {
    const others = withoutFields(lines, peerHeaders);
    return caller === null ? others : others + this.answerLine;
  }

  /** An exchange has ended. */
  record(exchange: Exchange): void {
    const isTryCounted = this.#retried.size > 0 && this.#retried.get(exchange) === exchange.tries?.count;
    this.#retried.delete(exchange);
    this.edges.add(this.role, this.#entryOf(exchange), packOutcome(exchange, isTryCounted));
  }

  /**
   * A try has ended and another follows. `head`: its answer, which is not passed on; `null`: there was none, and `flag`
   * says how it was cut off.
   */
  recordRetried(exchange: Exchange, head: ResponseHead | null, flag: ResponseFlag): void {
    const tries = exchange.tries!;
    if (this.role === 'outbound' && head instanceof Http1Head) {
      const index = head.indexOf(peerHeader);
      if (index >= 0) this.#noteAnswerer(head, index, tries.endpoint!);
    }
    this.#retried.set(exchange, tries.count);
    this.edges.add(this.role, this.#entryOf(exchange), packRetriedTry(tries, flag));
  }

  #entryOf({ peer, tries }: Exchange): PeerEntry {
    const endpoint = tries?.endpoint ?? null;
    const entry = this.role === 'inbound' ? peer : endpoint && this.#answererAt(endpoint);
    return entry ?? this.edges.unknown;
  }

  #answererAt(endpoint: Endpoint): PeerEntry | null {
    const answerer = this.#answerers.get(endpoint);
    return answerer !== undefined && this.#isTrusted(answerer, endpoint) ? answerer.entry : null;
  }

  #noteAnswerer(head: Http1Head, index: number, endpoint: Endpoint): void {
    let answerer = this.#answerers.get(endpoint);
    if (answerer === undefined) {
      const trusted = this.#trust.has(endpoint.address.host);
      this.#answerers.set(endpoint, (answerer = { trust: this.#trust, trusted, entry: null }));
    }
    if (!this.#isTrusted(answerer, endpoint)) return;
    answerer.entry = readPeer(this.edges, head, index, answerer.entry) ?? answerer.entry;
  }

  /** A reload may have changed whom this node believes. */
  #isTrusted(answerer: Answerer, endpoint: Endpoint): boolean {
    if (answerer.trust !== this.#trust) {
      answerer.trust = this.#trust;
      answerer.trusted = this.#trust.has(endpoint.address.host);
    }
    return answerer.trusted;
  }
}

/**
 * Who the field at `index` introduces; `known`, if it is still the same one, which mostly it is. `null`: nobody, as when
 * there are two such fields: no node sends that.
 */
export function readPeer(
  edges: EdgeTable,
  head: Http1Head,
  index: number,
  known: PeerEntry | null,
): PeerEntry | null {
  if (head.indexOf(peerHeader, index + 1) >= 0) return null;
  if (known !== null && known.listed && head.valueIs(index, known.text)) return known;
  return edges.peerOf(head.headerValue(index));
}

/** `lines` of trailers without the header. */
export function withoutPeer(trailers: Buffer): Buffer {
  const text = trailers.toString('latin1');
  const kept = withoutFields(text, peerHeaders);
  return kept === text ? trailers : Buffer.from(kept, 'latin1');
}

function editOf(dropped: readonly string[], lines: string): HeadEdit {
  const block = Buffer.from(lines, 'latin1');
  return { target: null, authority: null, dropped, block, lines: '', upgrade: null };
}
