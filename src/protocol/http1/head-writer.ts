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
  let dropped = hopByHop;
  const authority = edit.authority ?? (absolute ? head.authority : null);
  if (authority !== null) {
    dropped |= fieldBit(Field.Host);
    lines += `host: ${authority}\r\n`;
  } else if (!head.hasAuthority) {
    // An empty one would stand beside the one that the caller adds.
    dropped |= fieldBit(Field.Host);
  }
  if (edit.upgrade !== null) lines += upgradeLines(edit.upgrade);
  writeFields(out, head, {
    from: keepsLine ? 0 : head.fieldsStart,
    fields: dropped,
    names: edit.dropped,
    block: edit.block,
    lines,
  });
}

export function writeResponseHead(out: Connection, head: Http1Head, edit: HeadEdit, framing: string): void {
  const keepsLine = head.minorVersion === 1;
  if (!keepsLine) out.writeLatin1(`HTTP/1.1 ${head.status} ${head.reason}\r\n`);
  const upgrade = edit.upgrade === null ? '' : upgradeLines(edit.upgrade);
  const lines = edit.lines + upgrade + framing;
  writeFields(out, head, {
    from: keepsLine ? 0 : head.fieldsStart,
    fields: hopByHop,
    names: edit.dropped,
    block: edit.block,
    lines,
  });
}

function upgradeLines(protocol: string): string {
  return `connection: upgrade\r\nupgrade: ${protocol}\r\n`;
}

interface FieldChange {
  /** Offset in the head where what is kept begins: the start line, or behind it. */
  readonly from: number;
  /** `fieldBit`s and lower-case names that are left out. */
  readonly fields: number;
  readonly names: readonly string[];
  /** Complete lines to add. */
  readonly block: Buffer;
  readonly lines: string;
}

/** Writes the head from `change.from` to its end, in as few pieces as there are gaps. */
function writeFields(out: Connection, head: Http1Head, change: FieldChange): void {
  const { bytes, base, offsets, fields, headerCount } = head;
  const { block, lines } = change;
  const end = base + head.length - 2;
  let runStart = base + change.from;
  if ((head.present & change.fields) !== 0 || change.names.length > 0 || head.connectionNamesFields) {
    for (let i = 0; i < headerCount; i++) {
      const field = fields[i]! as Field;
      if ((change.fields & fieldBit(field)) === 0 && !isDropped(head, i, field, change.names)) continue;
      const lineStart = base + offsets[4 * i]!;
      if (lineStart > runStart) out.write(bytes, runStart, lineStart);
      runStart = i + 1 < headerCount ? base + offsets[4 * i + 4]! : end;
    }
  }
  if (block.length === 0 && lines === '') {
    out.write(bytes, runStart, end + 2);
    return;
  }
  if (runStart < end) out.write(bytes, runStart, end);
  if (block.length > 0) out.write(block, 0, block.length);
  if (lines !== '') out.writeLatin1(lines);
  out.write(bytes, end, end + 2);
}

/** Fields that a sender may not have removed by naming them in `Connection`: they frame or route the message. */
const protectedFields: number = fieldBit(Field.Host) | fieldBit(Field.ContentLength);

function isDropped(head: Http1Head, index: number, field: Field, names: readonly string[]): boolean {
  for (let i = 0; i < names.length; i++) if (head.nameIs(index, names[i]!)) return true;
  if (!head.connectionNamesFields || (protectedFields & fieldBit(field)) !== 0) return false;
  return head.namedByConnection(index);
}
