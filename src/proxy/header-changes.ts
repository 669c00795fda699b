/** How a head is changed on its way through: by this hop, by the route, and by the filters, which have the last word. */
import { Field, type HeadEdit, type Http1Head, type ResponseHead } from '../protocol/index.ts';
import { HeaderPatch, type Route } from '../route/index.ts';
import { linesOf, nameOwnField, withoutFields } from './header-lines.ts';
import { type FieldEdits, type FilterRun, linesOfEdits } from './filter-run.ts';
import { hopsLeft } from './max-forwards.ts';

const noBytes: Buffer = Buffer.alloc(0);
const noPatch: HeaderPatch = new HeaderPatch([], []);
/** Of an answer that nothing is changed about. */
export const unchanged: HeadEdit = {
  target: null,
  authority: null,
  dropped: [],
  block: noBytes,
  lines: '',
  upgrade: null,
};

interface HeaderChanges {
  /** Lower case. */
  readonly dropped: readonly string[];
  readonly lines: string;
}

export interface RequestChanges {
  readonly head: Http1Head;
  readonly route: Route;
  readonly filters: FilterRun | null;
  /** Names, in lower case, of fields that the next two replace. */
  readonly dropped: string[];
  /** What this hop tells of itself and the client. */
  readonly block: Buffer;
  /** Further lines of this hop, such as the trace context. */
  readonly lines: string;
}

export function requestEdit(changes: RequestChanges): HeadEdit {
  const { head, route, filters, dropped } = changes;
  let { block, lines } = changes;
  const hops = hopsLeft(head);
  if (hops > 0) {
    dropped.push('max-forwards');
    lines += `max-forwards: ${hops - 1}\r\n`;
  }
  const configured = headerChanges(route.requestHeaders, filters?.requestEdits ?? null);
  if (configured !== null) {
    // Configuration and filters have the last word, also over what this hop has to tell.
    if (nameOwnField(configured.dropped)) {
      lines = withoutFields(block.toString('latin1') + lines, configured.dropped);
      block = noBytes;
    }
    dropped.push(...configured.dropped);
    lines += configured.lines;
  }
  const target = route.rewriteTarget(head);
  return { target, authority: route.hostRewrite, dropped, block, lines, upgrade: wantedUpgrade(head, route) };
}

/** The protocol that the client asks to switch to, if the route lets it. */
function wantedUpgrade(head: Http1Head, route: Route): string | null {
  if (!head.connectionUpgrade || route.upgrades.length === 0) return null;
  const wanted = head.fieldValue(Field.Upgrade);
  return wanted !== undefined && route.upgrades.includes(wanted.toLowerCase()) ? wanted : null;
}

/** `askedUpgrade`: what the request asked to switch to. */
export function responseEdit(
  head: ResponseHead,
  route: Route,
  filters: FilterRun | null,
  askedUpgrade: string | null,
): HeadEdit {
  const upgrade = head.status === 101 ? (head.header('upgrade') ?? askedUpgrade) : null;
  const changes = headerChanges(route.responseHeaders, filters?.responseEdits ?? null);
  if (changes === null) return upgrade === null ? unchanged : { ...unchanged, upgrade };
  return { ...unchanged, dropped: changes.dropped, lines: changes.lines, upgrade };
}

/** `lines` of an answer of the proxy's own, with what the route and the filters change about answers. */
export function replyLines(lines: string, route: Route | null, filters: FilterRun | null): string {
  const changes = headerChanges(route?.responseHeaders ?? noPatch, filters?.responseEdits ?? null);
  return changes === null ? lines : withoutFields(lines, changes.dropped) + changes.lines;
}

/** What the route and then the filters change; `null`: nothing. */
function headerChanges(patch: HeaderPatch, edits: FieldEdits | null): HeaderChanges | null {
  if (patch.empty && (edits === null || edits.size === 0)) return null;
  const own = linesOf(patch.pairs);
  if (edits === null) return { dropped: patch.dropped, lines: own };
  const names = [...edits.keys()];
  return { dropped: [...patch.dropped, ...names], lines: withoutFields(own, names) + linesOfEdits(edits) };
}
