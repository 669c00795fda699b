import { describe, expect, test } from 'vitest';
import { writeRequestHead, writeResponseHead } from '../../../src/protocol/http1/head-writer.ts';
import { type HeadEdit, HeadParser, type Http1Head, ParseStatus } from '../../../src/protocol/index.ts';
import { CollectingOut } from './collecting-out.ts';
import { validHeads } from './head-corpus.ts';
import { type HeadKind, latin1, readHead, roomy } from './head-reading.ts';

function editOf(changes: Partial<HeadEdit> = {}): HeadEdit {
  return {
    target: null,
    authority: null,
    dropped: [],
    block: Buffer.alloc(0),
    lines: '',
    upgrade: null,
    ...changes,
  };
}

function headOf(kind: HeadKind, text: string): Http1Head {
  const parser = new HeadParser(kind, roomy);
  // In the middle of a buffer, as a pipelined head is.
  const bytes = latin1(`xxx${text}yyy`);
  expect(parser.parse(bytes, 3, bytes.length)).toBe(ParseStatus.Done);
  return parser.head;
}

function requestPieces(text: string, changes: Partial<HeadEdit> = {}, framing = ''): string[] {
  const out = new CollectingOut();
  writeRequestHead(out.connection, headOf('request', text), editOf(changes), framing);
  return out.pieces;
}

const requestText = (text: string, changes: Partial<HeadEdit> = {}, framing = ''): string =>
  requestPieces(text, changes, framing).join('');

function responseText(text: string, changes: Partial<HeadEdit> = {}, framing = ''): string {
  const out = new CollectingOut();
  writeResponseHead(out.connection, headOf('response', text), editOf(changes), framing);
  return out.text;
}

describe('writing a request head', () => {
  const plain = 'GET /a?b=c HTTP/1.1\r\nhOST:  a.example \r\nX-Odd:\t y\r\nAccept: */*\r\n\r\n';

  test('forwards an unchanged head byte for byte, in one piece', () => {
    expect(requestPieces(plain)).toEqual([plain]);
  });

  test('forwards every head of the corpus so that it reads the same, but for what ends at this hop', () => {
    for (const { kind, text, name } of validHeads) {
      if (kind !== 'request' || !text.includes('Host: a\r\n')) continue;
      const before = readHead('request', latin1(text));
      const after = readHead('request', latin1(requestText(text)));
      if (before.kind !== 'done' || after.kind !== 'done') throw new Error(`${name} was not read`);
      expect(after.head.method, name).toBe(before.head.method);
      expect(after.head.target, name).toBe(before.head.target);
      expect(after.head.authority, name).toBe(before.head.authority);
      expect(after.head.minorVersion, name).toBe(1);
    }
  });

  test('adds lines behind the fields that stay, first the block', () => {
    expect(
      requestText(plain, { block: latin1('via: 1.1 x\r\n'), lines: 'x-a: 1\r\n' }, 'connection: close\r\n'),
    ).toBe(plain.replace(/\r\n$/, 'via: 1.1 x\r\nx-a: 1\r\nconnection: close\r\n\r\n'));
  });

  test('leaves out what ends at this hop, whatever its case', () => {
    const text =
      'POST / HTTP/1.1\r\nConnection: keep-alive\r\nHost: a\r\nkeep-alive: timeout=5\r\nProxy-Connection: close\r\n' +
      'X: 1\r\nTE: trailers\r\ntransfer-encoding: chunked\r\nUpgrade: h2c\r\nCONNECTION: close\r\nY: 2\r\n\r\n';
    expect(requestText(text)).toBe('POST / HTTP/1.1\r\nHost: a\r\nX: 1\r\nY: 2\r\n\r\n');
  });

  test('keeps Trailer and the fields that only the ends may judge', () => {
    const text =
      'POST / HTTP/1.1\r\nHost: a\r\nTrailer: x\r\nExpect: 100-continue\r\nProxy-Authorization: b\r\nConnection: x\r\n\r\n';
    expect(requestText(text)).toBe(
      'POST / HTTP/1.1\r\nHost: a\r\nTrailer: x\r\nExpect: 100-continue\r\nProxy-Authorization: b\r\n\r\n',
    );
  });

  test('leaves out the fields that Connection names, all of them', () => {
    const text =
      'GET / HTTP/1.1\r\nX-Hop: 1\r\nHost: a\r\nx-hop: 2\r\nX_Hop: 3\r\nX-Hops: 4\r\nConnection: X-HOP, x_hop\r\n\r\n';
    expect(requestText(text)).toBe('GET / HTTP/1.1\r\nHost: a\r\nX-Hops: 4\r\n\r\n');
  });

  test('lets Connection name neither Host nor Content-Length', () => {
    const text =
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nX: 1\r\nConnection: host, content-length, x\r\n\r\n';
    expect(requestText(text)).toBe('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n');
  });

  test('writes the framing of this hop in place of what came', () => {
    const text =
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: transfer-encoding\r\n\r\n';
    expect(requestText(text, {}, 'transfer-encoding: chunked\r\n')).toBe(
      'POST / HTTP/1.1\r\nHost: a\r\ntransfer-encoding: chunked\r\n\r\n',
    );
  });

  test('drops fields by name, at the start, in the middle and at the end', () => {
    const text = 'GET / HTTP/1.1\r\nX-A: 1\r\nHost: a\r\nx-b: 2\r\nX-B: 3\r\nAccept: b\r\nx-C: 4\r\n\r\n';
    expect(requestText(text, { dropped: ['x-a', 'x-b', 'x-c', 'x-none'] })).toBe(
      'GET / HTTP/1.1\r\nHost: a\r\nAccept: b\r\n\r\n',
    );
    expect(requestText(text, { dropped: ['x-a', 'host', 'x-b', 'accept', 'x-c'] })).toBe(
      'GET / HTTP/1.1\r\n\r\n',
    );
  });

  test('writes neighbouring fields that stay in one piece', () => {
    const text = 'GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nTE: x\r\nTE: y\r\nB: 2\r\nC: 3\r\n\r\n';
    expect(requestPieces(text)).toEqual(['GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\n', 'B: 2\r\nC: 3\r\n\r\n']);
  });

  test('replaces the target and keeps the method as it was written', () => {
    expect(requestText('bReW /old HTTP/1.1\r\nHost: a\r\n\r\n', { target: '/new?x' })).toBe(
      'bReW /new?x HTTP/1.1\r\nHost: a\r\n\r\n',
    );
  });

  test('replaces Host, with the given authority and nothing beside it', () => {
    expect(requestText('GET / HTTP/1.1\r\nX: 1\r\nHost: a\r\n\r\n', { authority: 'b:80' })).toBe(
      'GET / HTTP/1.1\r\nX: 1\r\nhost: b:80\r\n\r\n',
    );
  });

  test('turns an absolute target into its path, whose authority is the one that counts', () => {
    expect(requestText('GET http://b.example:81/p?q HTTP/1.1\r\nHost: a\r\nX: 1\r\n\r\n')).toBe(
      'GET /p?q HTTP/1.1\r\nX: 1\r\nhost: b.example:81\r\n\r\n',
    );
    expect(requestText('GET http://b?q HTTP/1.0\r\n\r\n')).toBe('GET /?q HTTP/1.1\r\nhost: b\r\n\r\n');
    expect(requestText('OPTIONS http://b HTTP/1.1\r\nHost: a\r\n\r\n')).toBe(
      'OPTIONS * HTTP/1.1\r\nhost: b\r\n\r\n',
    );
    expect(requestText('GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n', { target: '/t', authority: 'c' })).toBe(
      'GET /t HTTP/1.1\r\nhost: c\r\n\r\n',
    );
  });

  test.each(['1.0', '1.2', '1.9'])('sends its own version for %s', (version) => {
    expect(requestText(`GET /a HTTP/${version}\r\nHost: a\r\nX: 1\r\n\r\n`)).toBe(
      'GET /a HTTP/1.1\r\nHost: a\r\nX: 1\r\n\r\n',
    );
  });

  test('leaves one Host when the caller adds it for a request that has none or an empty one', () => {
    const added = 'host: default\r\n';
    expect(requestText('GET / HTTP/1.0\r\nX: 1\r\n\r\n', {}, added)).toBe(
      'GET / HTTP/1.1\r\nX: 1\r\nhost: default\r\n\r\n',
    );
    expect(requestText('GET / HTTP/1.1\r\nHost:\r\nX: 1\r\n\r\n', {}, added)).toBe(
      'GET / HTTP/1.1\r\nX: 1\r\nhost: default\r\n\r\n',
    );
  });

  test('asks for the upgrade that it is told to, and for no other', () => {
    const text =
      'GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket, h2c\r\nX: 1\r\n\r\n';
    expect(requestText(text, { upgrade: 'websocket' })).toBe(
      'GET /ws HTTP/1.1\r\nHost: a\r\nX: 1\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
    );
    expect(requestText(text)).toBe('GET /ws HTTP/1.1\r\nHost: a\r\nX: 1\r\n\r\n');
  });

  test('sends nothing that settings of HTTP/2 came with', () => {
    const text =
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n';
    expect(requestText(text)).toBe('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  });
});

describe('writing a response head', () => {
  const plain = 'HTTP/1.1 200  Fine \r\nContent-Type: a\r\nX:\t1\r\n\r\n';

  test('forwards an unchanged head byte for byte, in one piece', () => {
    const out = new CollectingOut();
    writeResponseHead(out.connection, headOf('response', plain), editOf(), '');
    expect(out.pieces).toEqual([plain]);
  });

  test('leaves out what ends at this hop and what Connection names', () => {
    const text =
      'HTTP/1.1 200 OK\r\nConnection: close, x-hop\r\nX-Hop: 1\r\nKeep-Alive: a\r\nTransfer-Encoding: chunked\r\nUpgrade: h2c\r\nX: 1\r\n\r\n';
    expect(responseText(text, {}, 'transfer-encoding: chunked\r\n')).toBe(
      'HTTP/1.1 200 OK\r\nX: 1\r\ntransfer-encoding: chunked\r\n\r\n',
    );
  });

  test('adds and drops lines', () => {
    const edit = { dropped: ['x'], block: latin1('x-block: 1\r\n'), lines: 'x-line: 2\r\n' };
    expect(responseText(plain, edit, 'connection: close\r\n')).toBe(
      'HTTP/1.1 200  Fine \r\nContent-Type: a\r\nx-block: 1\r\nx-line: 2\r\nconnection: close\r\n\r\n',
    );
  });

  test('sends its own version, and the reason as it came', () => {
    expect(responseText('HTTP/1.0 404 Nicht gefunden \xfc\r\nX: 1\r\n\r\n')).toBe(
      'HTTP/1.1 404 Nicht gefunden \xfc\r\nX: 1\r\n\r\n',
    );
    expect(responseText('HTTP/1.4 200 OK\r\n\r\n')).toBe('HTTP/1.1 200 OK\r\n\r\n');
    expect(responseText('HTTP/1.0 200\r\n\r\n')).toBe('HTTP/1.1 200 \r\n\r\n');
  });

  test('agrees to the upgrade that it is told to', () => {
    const text =
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX: 1\r\n\r\n';
    expect(responseText(text, { upgrade: 'websocket' })).toBe(
      'HTTP/1.1 101 Switching Protocols\r\nX: 1\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
    );
  });
});
