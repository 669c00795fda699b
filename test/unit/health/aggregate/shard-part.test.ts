import { describe, expect, test } from 'vitest';
import { ledgerRows } from '../../../../health/aggregate/release-ledger.ts';
import { parseShardPart, type ShardPart, ShardPartError } from '../../../../health/aggregate/shard-part.ts';
import { epochPart } from '../../../../health/infer/join.ts';
import { calleeReport, callerReport, peer } from './fleet.ts';

const web = peer('web-1', 'web');
const cart = peer('cart-1', 'cart', '2', 'r.2');
const reports = [
  callerReport(web, 7, [{ callee: cart, calls: 100, failures: 9 }]),
  // Of one that does not know whom it calls.
  callerReport(peer('web-2', 'web'), 7, [{ callee: { ...cart, node: '' }, calls: 50, failures: 3 }]),
  calleeReport(cart, 7, { callers: [web], calls: 100, failedHere: 9 }),
];

const part: ShardPart = {
  format: 1,
  judgedEpoch: 7,
  epochs: [
    { epoch: 6, revision: 0, part: null, rows: reports.flatMap(ledgerRows) },
    { epoch: 7, revision: 3, part: epochPart(reports, 7), rows: reports.flatMap(ledgerRows) },
  ],
  nodes: [['web-1', 'web', '1', '', 2, 7]],
  versions: [['cart', '2', 'r.2', 3, 7, [['cart-1', 3, 7]]]],
};

type Path = readonly (string | number)[];

/** Every place in a value that holds no object. */
function* leaves(value: unknown, path: Path = []): IterableIterator<Path> {
  if (typeof value !== 'object' || value === null) yield path;
  else for (const [key, one] of Object.entries(value)) yield* leaves(one, [...path, key]);
}

function withLeaf(path: Path, leaf: unknown): unknown {
  const copy = structuredClone(part) as unknown;
  let at = copy as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) at = at[key] as Record<string | number, unknown>;
  at[path.at(-1) ?? ''] = leaf;
  return copy;
}

describe('parseShardPart', () => {
  test('reads what another aggregator has written', () => {
    expect(part.epochs[1]?.part).toMatchObject({ loose: [expect.anything(), expect.anything()] });
    expect(parseShardPart(JSON.parse(JSON.stringify(part)))).toEqual(part);
  });

  test('refuses whatever is not what it should be, and tells where', () => {
    const paths = [...leaves(part)];
    expect(paths.length).toBeGreaterThan(100);
    for (const path of paths) {
      for (const wrong of [-1, 1.5, 2 ** 60, [], {}, true, 'a\nb', 'x'.repeat(300)]) {
        const parse = () => parseShardPart(withLeaf(path, wrong));
        expect(parse, `${path.join('.')} = ${JSON.stringify(wrong)}`).toThrow(ShardPartError);
      }
    }
    expect(() => parseShardPart(withLeaf(['nodes', 0, 4], -1))).toThrow(/^nodes\[0\] must be a whole number/);
  });

  test('refuses lists that are cut short, and more epochs than are asked for at once', () => {
    const cut = structuredClone(part) as unknown as { nodes: unknown[][]; epochs: unknown[] };
    cut.nodes[0]?.pop();
    expect(() => parseShardPart(cut)).toThrow('nodes[0] must be 6 values');
    const epochs = Array.from({ length: 91 }, () => part.epochs[0]);
    expect(() => parseShardPart({ ...part, epochs })).toThrow('epochs must be a list');
    for (const none of [null, [], 'text', 7, {}]) expect(() => parseShardPart(none)).toThrow(ShardPartError);
  });
});
