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
  if (edit.target === null && !absolute && head.minorVersion === 1) {
    out.write(bytes, base, base + head.fieldsStart);
  } else {
    out.write(bytes, base, base + head.methodEnd);
    out.writeLatin1(` ${edit.target ?? head.target} HTTP/1.1\r\n`);
  }
  let lines = edit.lines + framing;
  let dropped = hopByHop;
  const authority = edit.authority ?? (absolute ? head.authority : null);
  if (authority !== null) {
    dropped |= fieldBit(Field.Host);
    lines += `host: ${authority}\r\n`;
  }
  if (edit.upgrade !== null) lines += `connection: upgrade\r\nupgrade: ${edit.upgrade}\r\n`;
  writeFields(out, head, dropped, edit.dropped);
  out.writeLatin1(`${lines}\r\n`);
}

export function writeResponseHead(out: Connection, head: Http1Head, edit: HeadEdit, framing: string): void {
  const { bytes, base } = head;
  if (head.minorVersion === 1) out.write(bytes, base, base + head.fieldsStart);
  else out.writeLatin1(`HTTP/1.1 ${head.status} ${head.reason}\r\n`);
  writeFields(out, head, hopByHop, edit.dropped);
  const upgrade = edit.upgrade === null ? '' : `connection: upgrade\r\nupgrade: ${edit.upgrade}\r\n`;
  out.writeLatin1(`${edit.lines}${upgrade}${framing}\r\n`);
}

function writeFields(
  out: Connection,
  head: Http1Head,
  droppedFields: number,
  droppedNames: readonly string[],
): void {
  const { bytes, base, offsets, fields, headerCount } = head;
  const end = base + head.length - 2;
  if ((head.present & droppedFields) === 0 && droppedNames.length === 0 && !head.connectionNamesFields) {
    out.write(bytes, base + head.fieldsStart, end);
    return;
  }
  let runStart = base + head.fieldsStart;
  for (let i = 0; i < headerCount; i++) {
    const field = fields[i]! as Field;
    if ((droppedFields & fieldBit(field)) === 0 && !isDropped(head, i, field, droppedNames)) continue;
    const lineStart = base + offsets[4 * i]!;
    if (lineStart > runStart) out.write(bytes, runStart, lineStart);
    runStart = i + 1 < headerCount ? base + offsets[4 * i + 4]! : end;
  }
  if (runStart < end) out.write(bytes, runStart, end);
}

/** Fields that a sender may not have removed by naming them in `Connection`: they frame or route the message. */
const protectedFields: number = fieldBit(Field.Host) | fieldBit(Field.ContentLength);

function isDropped(head: Http1Head, index: number, field: Field, names: readonly string[]): boolean {
  for (let i = 0; i < names.length; i++) if (head.nameIs(index, names[i]!)) return true;
  if (!head.connectionNamesFields || (protectedFields & fieldBit(field)) !== 0) return false;
  return head.namedByConnection(index);
}
