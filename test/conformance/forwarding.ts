/** A request head on its way through: written as the codec writes it, and read again. */
import { fieldByName, hopByHop, fieldBit } from '../../src/protocol/http1/field.ts';
import { writeRequestHead } from '../../src/protocol/http1/head-writer.ts';
import { type HeadEdit, HeadParser, type Http1Head, ParseStatus } from '../../src/protocol/index.ts';
import { CollectingOut } from '../unit/protocol/collecting-out.ts';
import { headValues, type ReadHead, roomy } from '../unit/protocol/head-reading.ts';

const noEdit: HeadEdit = {
  target: null,
  authority: null,
  dropped: [],
  block: Buffer.alloc(0),
  lines: '',
  upgrade: null,
};

/** `null` if there is no request head at the start of `bytes`; otherwise what went in, what came out, and what should have. */
export function forward(
  bytes: Buffer,
): { before: ReadHead; after: ReadHead | null; fields: readonly (readonly [string, string])[] } | null {
  const parser = new HeadParser('request', roomy);
  if (parser.parse(bytes, 0, bytes.length) !== ParseStatus.Done) return null;
  const { head } = parser;
  const before = headValues('request', head);
  const fields = forwardedFields(head, before);
  const framing = head.chunked ? 'transfer-encoding: chunked\r\n' : '';
  const out = new CollectingOut();
  writeRequestHead(out.connection, head, noEdit, head.hasAuthority ? framing : `${framing}host: default\r\n`);
  const text = Buffer.from(out.text, 'latin1');
  const again = new HeadParser('request', roomy);
  const read = again.parse(text, 0, text.length) === ParseStatus.Done && again.consumedTo === text.length;
  return { before, after: read ? headValues('request', again.head) : null, fields };
}

/** The rule in the plainest words: all fields but those of the hop, and the Host and the framing of this one behind them. */
function forwardedFields(head: Http1Head, { fields }: ReadHead): [string, string][] {
  const named = fields
    .filter(([name]) => name.toLowerCase() === 'connection')
    .flatMap(([, value]) => value.toLowerCase().split(','))
    .map((option) => /^[!#$%&'*+\-.^_`|~0-9a-z]*/.exec(option.trim())![0])
    .filter((name) => name !== 'host' && name !== 'content-length');
  const isAbsolute = head.authorityStart >= 0;
  const kept = fields.filter(([name]) => {
    const lower = name.toLowerCase();
    if (lower === 'host') return !isAbsolute && head.hasAuthority;
    return (hopByHop & fieldBit(fieldByName(lower)) & ~1) === 0 && !named.includes(lower);
  });
  const added: [string, string][] = [];
  if (head.chunked) added.push(['transfer-encoding', 'chunked']);
  if (!head.hasAuthority) added.push(['host', 'default']);
  if (isAbsolute) added.push(['host', head.authority]);
  return [...kept.map(([name, value]): [string, string] => [name, value]), ...added];
}
