import { randomFillSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type Random, seededRandom } from '../../../src/base/index.ts';
import type { TraceFormat } from '../../../src/config/index.ts';
import { IdSource, TraceContext, TraceSource, Tracer } from '../../../src/telemetry/index.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const parentId = 'b7ad6b7169203331';

class Headers {
  readonly fields: Map<string, string>;

  constructor(fields: Readonly<Record<string, string>> = {}) {
    this.fields = new Map(Object.entries(fields));
  }

  header(name: string): string | undefined {
    return this.fields.get(name);
  }

  set(name: string, value: string): void {
    this.fields.set(name, value);
  }

  remove(name: string): void {
    this.fields.delete(name);
  }
}

const never: Random = { next: () => 0.999_999 };

function tracer(
  options: { sampling?: number; propagate?: readonly TraceFormat[]; random?: Random } = {},
): Tracer {
  const { sampling = 0.5, propagate = ['w3c'], random = never } = options;
  return new Tracer({ config: { sampling, propagate }, random });
}

function begin(fields: Readonly<Record<string, string>>, by: Tracer = tracer()): TraceContext {
  const context = new TraceContext();
  by.begin(context, new Headers(fields));
  return context;
}

/** What arrives upstream of a call made under `spanId`. */
function forwarded(
  fields: Readonly<Record<string, string>>,
  by: Tracer,
  spanId: string | null = null,
): Record<string, string> {
  const headers = new Headers(fields);
  const context = new TraceContext();
  by.begin(context, headers);
  by.inject(context, spanId ?? context.spanId, headers);
  const shown = Object.fromEntries(headers.fields);
  return JSON.parse(JSON.stringify(shown).replaceAll(context.spanId, 'own')) as Record<string, string>;
}

describe('traceparent', () => {
  test('is taken over with its trace, parent and decision', () => {
    const sampled = begin({ traceparent: `00-${traceId}-${parentId}-01` });
    expect(sampled).toMatchObject({
      traceId,
      parentSpanId: parentId,
      sampled: true,
      debug: false,
      randomId: false,
      source: TraceSource.W3c,
    });
    expect(sampled.spanId).toMatch(/^[0-9a-f]{16}$/);
    expect(sampled.spanId).not.toBe(parentId);
    const dropped = begin(
      { traceparent: `00-${traceId}-${parentId}-00` },
      tracer({ sampling: 1, random: { next: () => 0 } }),
    );
    expect(dropped.sampled).toBe(false);
  });

  test.each([
    ['a later version', `01-${traceId}-${parentId}-01`],
    ['a later version with more fields', `cc-${traceId}-${parentId}-01-what-the-future-brings`],
    ['unknown flags', `00-${traceId}-${parentId}-fd`],
  ])('is valid with %s', (_, traceparent) => {
    expect(begin({ traceparent })).toMatchObject({ traceId, parentSpanId: parentId, sampled: true });
  });

  test.each([
    ['nothing', ''],
    ['version ff', `ff-${traceId}-${parentId}-01`],
    ['version 00 with more fields', `00-${traceId}-${parentId}-01-x`],
    ['a later version with text after the flags', `01-${traceId}-${parentId}-01x`],
    ['upper-case digits', `00-${traceId.toUpperCase()}-${parentId}-01`],
    ['an upper-case version', `0A-${traceId}-${parentId}-01`],
    ['no trace', `00-${'0'.repeat(32)}-${parentId}-01`],
    ['no parent', `00-${traceId}-${'0'.repeat(16)}-01`],
    ['a short trace', `00-${traceId.slice(1)}-${parentId}-01-`],
    ['other separators', `00_${traceId}_${parentId}_01`],
    ['a letter that is no digit', `00-${traceId.slice(0, 31)}g-${parentId}-01`],
    ['a short flag', `00-${traceId}-${parentId}-1`],
    ['bad flags', `00-${traceId}-${parentId}-0g`],
    ['space around it', ` 00-${traceId}-${parentId}-01`],
  ])('is refused with %s, and a new trace begins', (_, traceparent) => {
    const context = begin({ traceparent });
    expect(context.source).toBe(TraceSource.None);
    expect(context.parentSpanId).toBe('');
    expect(context.sampled).toBe(false);
    expect(context.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(context.traceId).not.toBe(traceId);
  });

  test('is refused however it is cut or changed in one place, or stays well-formed', () => {
    const whole = `00-${traceId}-${parentId}-01`;
    for (let i = 0; i < whole.length; i++) {
      expect(begin({ traceparent: whole.slice(0, i) }).source).toBe(TraceSource.None);
      for (const character of ['\u0000', 'G', ' ', '/', ':', '`', 'g', '\u00ff', '\uff10']) {
        const changed = whole.slice(0, i) + character + whole.slice(i + 1);
        expect(begin({ traceparent: changed }).source).toBe(TraceSource.None);
      }
    }
  });

  test('goes on with the span of this node as parent; tracestate stays', () => {
    const fields = { traceparent: `00-${traceId}-${parentId}-03`, tracestate: 'a=1,b=2' };
    expect(forwarded(fields, tracer())).toEqual({
      traceparent: `00-${traceId}-own-03`,
      tracestate: 'a=1,b=2',
    });
    expect(forwarded(fields, tracer(), 'c'.repeat(16)).traceparent).toBe(
      `00-${traceId}-${'c'.repeat(16)}-03`,
    );
  });

  test('takes tracestate with it when it is not valid', () => {
    const sent = forwarded({ traceparent: 'junk', tracestate: 'a=1' }, tracer());
    expect(Object.keys(sent)).toEqual(['traceparent']);
    expect(sent.traceparent).toMatch(/^00-[0-9a-f]{32}-own-00$/);
  });
});

describe('b3, one header', () => {
  test.each([
    [`${traceId}-${parentId}-1`, { traceId, sampled: true, debug: false }],
    [`${traceId}-${parentId}-0`, { traceId, sampled: false, debug: false }],
    [`${traceId}-${parentId}-d`, { traceId, sampled: true, debug: true }],
    [`${traceId}-${parentId}-1-05e3ac9a4f6e3b90`, { traceId, sampled: true, debug: false }],
    [`${traceId.slice(16)}-${parentId}-1`, { traceId: '0'.repeat(16) + traceId.slice(16), sampled: true }],
  ])('takes over %s', (b3, expected) => {
    expect(begin({ b3 })).toMatchObject({
      ...expected,
      parentSpanId: parentId,
      source: TraceSource.B3Single,
    });
  });

  test('leaves the decision to this node when the caller has not made it', () => {
    const b3 = `${traceId}-${parentId}`;
    expect(begin({ b3 }, tracer({ sampling: 1 }))).toMatchObject({ traceId, sampled: true });
    expect(begin({ b3 }, tracer({ sampling: 0 }))).toMatchObject({ traceId, sampled: false });
  });

  test('takes over a decision without a trace', () => {
    for (const [b3, sampled, debug] of [
      ['1', true, false],
      ['0', false, false],
      ['d', true, true],
    ] as const) {
      const context = begin({ b3 }, tracer({ sampling: sampled ? 0 : 1, random: { next: () => 0 } }));
      expect(context).toMatchObject({ sampled, debug, source: TraceSource.None, parentSpanId: '' });
      expect(context.traceId).toMatch(/^[0-9a-f]{32}$/);
    }
  });

  test.each([
    '',
    '2',
    'x',
    '-',
    traceId,
    `${traceId}-`,
    `${traceId}-${parentId}-`,
    `${traceId}-${parentId}-2`,
    `${traceId}-${parentId}-1-`,
    `${traceId}-${parentId}-1-05e3`,
    `${traceId}-${parentId}-1-05e3ac9a4f6e3b90-1`,
    `${traceId}-${parentId}1`,
    `${traceId.slice(1)}-${parentId}-1`,
    `${traceId.toUpperCase()}-${parentId}-1`,
    `${'0'.repeat(32)}-${parentId}-1`,
    `${traceId}-${'0'.repeat(16)}-1`,
  ])('refuses %j', (b3) => {
    expect(begin({ b3 })).toMatchObject({ source: TraceSource.None, sampled: false, parentSpanId: '' });
  });

  test('is written with this node as parent, in place of the other form', () => {
    const by = tracer({ propagate: ['b3'] });
    expect(forwarded({ b3: `${traceId}-${parentId}-1` }, by)).toEqual({ b3: `${traceId}-own-1-${parentId}` });
    expect(forwarded({ b3: `${traceId}-${parentId}-d` }, by, 'c'.repeat(16))).toEqual({
      b3: `${traceId}-${'c'.repeat(16)}-d-own`,
    });
    expect(forwarded({ 'x-b3-spanid': 'junk' }, by).b3).toMatch(/^[0-9a-f]{32}-own-0$/);
    expect(Object.keys(forwarded({ 'x-b3-spanid': 'junk' }, by))).toEqual(['b3']);
  });
});

describe('X-B3-* headers', () => {
  const ids = { 'x-b3-traceid': traceId, 'x-b3-spanid': parentId };

  test.each([
    [
      { ...ids, 'x-b3-sampled': '1' },
      { sampled: true, debug: false },
    ],
    [
      { ...ids, 'x-b3-sampled': '0' },
      { sampled: false, debug: false },
    ],
    [
      { ...ids, 'x-b3-sampled': 'true' },
      { sampled: true, debug: false },
    ],
    [
      { ...ids, 'x-b3-sampled': 'false' },
      { sampled: false, debug: false },
    ],
    [
      { ...ids, 'x-b3-flags': '1' },
      { sampled: true, debug: true },
    ],
    [
      { ...ids, 'x-b3-flags': '1', 'x-b3-sampled': '0' },
      { sampled: true, debug: true },
    ],
  ])('are taken over: %j', (fields, expected) => {
    expect(begin(fields)).toMatchObject({
      ...expected,
      traceId,
      parentSpanId: parentId,
      source: TraceSource.B3Multi,
    });
  });

  test('leave the decision to this node when they have none', () => {
    expect(begin(ids, tracer({ sampling: 1 }))).toMatchObject({ traceId, sampled: true });
    expect(begin({ ...ids, 'x-b3-sampled': 'maybe' }, tracer({ sampling: 0 }))).toMatchObject({
      traceId,
      sampled: false,
    });
  });

  test('keep a decision when the ids are missing or wrong', () => {
    for (const fields of [
      { 'x-b3-sampled': '1' },
      { 'x-b3-sampled': '1', 'x-b3-traceid': traceId },
      { 'x-b3-sampled': '1', 'x-b3-traceid': 'zz', 'x-b3-spanid': parentId },
    ]) {
      expect(begin(fields, tracer({ sampling: 0 }))).toMatchObject({
        sampled: true,
        source: TraceSource.None,
        parentSpanId: '',
      });
    }
  });

  test('are answered in the same form', () => {
    const by = tracer({ propagate: ['b3'] });
    expect(forwarded({ ...ids, 'x-b3-sampled': '1', b3: 'junk' }, by)).toEqual({
      'x-b3-traceid': traceId,
      'x-b3-spanid': 'own',
      'x-b3-parentspanid': parentId,
      'x-b3-sampled': '1',
    });
    expect(forwarded({ ...ids, 'x-b3-flags': '1' }, by, 'c'.repeat(16))).toEqual({
      'x-b3-traceid': traceId,
      'x-b3-spanid': 'c'.repeat(16),
      'x-b3-parentspanid': 'own',
      'x-b3-flags': '1',
    });
  });
});

describe('Tracer', () => {
  test('prefers traceparent, then b3, then X-B3-*', () => {
    const other = 'f'.repeat(32);
    const fields = {
      traceparent: `00-${traceId}-${parentId}-01`,
      b3: `${other}-${parentId}-0`,
      'x-b3-traceid': 'e'.repeat(32),
      'x-b3-spanid': parentId,
    };
    expect(begin(fields)).toMatchObject({ traceId, source: TraceSource.W3c });
    expect(begin({ ...fields, traceparent: 'junk' })).toMatchObject({
      traceId: other,
      source: TraceSource.B3Single,
    });
    expect(begin({ ...fields, traceparent: 'junk', b3: 'junk' })).toMatchObject({
      traceId: 'e'.repeat(32),
      source: TraceSource.B3Multi,
    });
  });

  test('writes both formats, and translates from one to the other', () => {
    const both = tracer({ propagate: ['w3c', 'b3'] });
    expect(forwarded({ traceparent: `00-${traceId}-${parentId}-01` }, both)).toEqual({
      traceparent: `00-${traceId}-own-01`,
      b3: `${traceId}-own-1-${parentId}`,
    });
    expect(forwarded({ b3: `${traceId}-${parentId}-0`, tracestate: 'a=1' }, tracer())).toEqual({
      b3: `${traceId}-${parentId}-0`,
      traceparent: `00-${traceId}-own-00`,
    });
  });

  test('leaves all headers alone when nothing is to be propagated', () => {
    const fields = { traceparent: 'junk', b3: 'junk', tracestate: 'a=1' };
    expect(forwarded(fields, tracer({ propagate: [] }))).toEqual(fields);
  });

  test('samples the configured share of new traces', () => {
    const by = tracer({ sampling: 0.1, random: seededRandom(7) });
    const context = new TraceContext();
    let sampled = 0;
    for (let i = 0; i < 10_000; i++) {
      by.begin(context, new Headers());
      if (context.sampled) sampled++;
    }
    expect(sampled).toBeGreaterThan(900);
    expect(sampled).toBeLessThan(1100);
    for (const [sampling, expected] of [
      [0, false],
      [1, true],
    ] as const) {
      expect(begin({}, tracer({ sampling })).sampled).toBe(expected);
    }
  });

  test('forgets the exchange before', () => {
    const by = tracer({ sampling: 0 });
    const context = new TraceContext();
    by.begin(context, new Headers({ b3: `${traceId}-${parentId}-d` }));
    by.begin(context, new Headers({ traceparent: `00-${traceId}-${parentId}-03` }));
    by.begin(context, new Headers());
    expect(context).toMatchObject({
      parentSpanId: '',
      sampled: false,
      debug: false,
      randomId: false,
      source: TraceSource.None,
    });
  });

  test('gives every span an id of its own', () => {
    const by = tracer();
    const seen = new Set<string>();
    for (let i = 0; i < 5000; i++) {
      const context = begin({}, by);
      seen.add(context.traceId).add(context.spanId).add(by.newSpanId());
    }
    expect(seen.size).toBe(15_000);
  });
});

describe('IdSource', () => {
  test('never gives all zeros', () => {
    let fills = 0;
    const ids = new IdSource((block) => {
      fills++;
      if (fills === 1) block.fill(0);
      else randomFillSync(block);
    });
    expect(ids.traceId()).toMatch(/^(?!0+$)[0-9a-f]{32}$/);
    expect(ids.spanId()).toMatch(/^(?!0+$)[0-9a-f]{16}$/);
    expect(fills).toBe(2);
  });
});
