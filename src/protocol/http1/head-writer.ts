/**
 * Writes heads. What is unchanged goes out as the slices it came in: neighbouring field lines that stay are copied in
 * one piece, and only what the hop changes is written anew.
 */
import type { Connection } from '../../net/index.ts';
import type { HeadEdit } from '../head-edit.ts';
import { Field, fieldBit, hopByHop } from './field.ts';
import type { Http1Head } from './head.ts';

/** `framing`: field lines of this hop (`Connection`, `Transfer-Encoding`), each with CRLF. */
export function writeRequestHead(out: Connection, head: Http1Head, edit: HeadEdit, framing: string): void {
  const { bytes, base } = head;
  const absolute = head.authorityStart >= 0;
  const keepsLine = edit.target === null && !absolute && head.minorVersion === 1;
  if (!keepsLine) {
    out.write(bytes, base, base + head.methodEnd);
    out.writeLatin1(` ${edit.target ?? head.target} HTTP/1.1\r\n`);
  }
  let lines = edit.lines + framing;
  let leftOut = hopByHop;
  const authority = edit.authority ?? (absolute ? head.authority : null);
  if (authority !== null) {
    leftOut |= fieldBit(Field.Host);
    lines += `host: ${authority}\r\n`;
  } else if (!head.hasAuthority) {
    // An empty one would stand beside the one that the caller adds.
    leftOut |= fieldBit(Field.Host);
  }
  if (edit.upgrade !== null) lines += upgradeLines(edit.upgrade);
  const rest = writeFields(out, head, keepsLine ? 0 : head.fieldsStart, leftOut, edit.dropped);
  writeEnd(out, head, rest, edit.block, lines);
}

export function writeResponseHead(out: Connection, head: Http1Head, edit: HeadEdit, framing: string): void {
  const keepsLine = head.minorVersion === 1;
  if (!keepsLine) out.writeLatin1(`HTTP/1.1 ${head.status} ${head.reason}\r\n`);
  const upgrade = edit.upgrade === null ? '' : upgradeLines(edit.upgrade);
  const lines = edit.lines + upgrade + framing;
  const rest = writeFields(out, head, keepsLine ? 0 : head.fieldsStart, hopByHop, edit.dropped);
  writeEnd(out, head, rest, edit.block, lines);
}

function upgradeLines(protocol: string): string {
  return `connection: upgrade\r\nupgrade: ${protocol}\r\n`;
}

/**
 * Writes the head from the offset `from` on, the start line or what is behind it, up to the last of the fields that are
 * left out: `fieldBit`s, and names in lower case. Returns the offset where what is yet to be written begins.
 */
function writeFields(
  out: Connection,
  head: Http1Head,
  from: number,
  leftOut: number,
  names: readonly string[],
): number {
  if ((head.present & leftOut) === 0 && names.length === 0 && !head.connectionNamesFields) return from;
  const { bytes, base, offsets, fields, headerCount } = head;
  let runStart = from;
  for (let i = 0; i < headerCount; i++) {
    const field = fields[i]! as Field;
    if ((leftOut & fieldBit(field)) === 0 && !isDropped(head, i, field, names)) continue;
    const lineStart = offsets[4 * i]!;
    if (lineStart > runStart) out.write(bytes, base + runStart, base + lineStart);
    runStart = i + 1 < headerCount ? offsets[4 * i + 4]! : head.length - 2;
  }
  return runStart;
}

/** Writes the head from the offset `from` on to its end, with these complete lines added there. */
function writeEnd(out: Connection, head: Http1Head, from: number, block: Buffer, lines: string): void {
  const { bytes, base } = head;
  const end = base + head.length;
  if (block.length === 0 && lines === '') {
    out.write(bytes, base + from, end);
    return;
  }
  if (base + from < end - 2) out.write(bytes, base + from, end - 2);
  if (block.length > 0) out.write(block, 0, block.length);
  if (lines !== '') out.writeLatin1(lines);
  out.write(bytes, end - 2, end);
}

/** Fields that a sender may not have removed by naming them in `Connection`: they frame or route the message. */
const protectedFields: number = fieldBit(Field.Host) | fieldBit(Field.ContentLength);

function isDropped(head: Http1Head, index: number, field: Field, names: readonly string[]): boolean {
  for (let i = 0; i < names.length; i++) if (head.nameIs(index, names[i]!)) return true;
  if (!head.connectionNamesFields || (protectedFields & fieldBit(field)) !== 0) return false;
  return head.namedByConnection(index);
}
