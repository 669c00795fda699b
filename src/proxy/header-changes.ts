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

/** Adds to `edit`, which holds what this hop tells of itself and the client, what else is to be changed. */
export function changeRequest(
  edit: HeadEdit,
  head: Http1Head,
  route: Route,
  filters: FilterRun | null,
): void {
  edit.target = route.rewriteTarget(head);
  edit.authority = route.hostRewrite;
  edit.upgrade = wantedUpgrade(head, route);
  const hops = hopsLeft(head);
  if (hops > 0) {
    edit.dropped = [...edit.dropped, 'max-forwards'];
    edit.lines += `max-forwards: ${hops - 1}\r\n`;
  }
  const configured = headerChanges(route.requestHeaders, filters?.requestEdits ?? null);
  if (configured === null) return;
  // Configuration and filters have the last word, also over what this hop has to tell.
  if (nameOwnField(configured.dropped)) {
    edit.lines = withoutFields(edit.block.toString('latin1') + edit.lines, configured.dropped);
    edit.block = noBytes;
  }
  edit.dropped = [...edit.dropped, ...configured.dropped];
  edit.lines += configured.lines;
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
