import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/index.ts';
import type { HeaderMutations, HeaderPair } from '../../../src/config/index.ts';
import { HeaderPatch } from '../../../src/route/index.ts';
import { compiled, MemoryHead, mutations, noHeaders, route, tableOf, virtualHost } from './fixture.ts';

const pair = (name: string, value: string): HeaderPair => ({ name, value });

function apply(patch: HeaderPatch, fields: readonly HeaderPair[]): readonly HeaderPair[] {
  return [...fields.filter(({ name }) => !patch.dropped.includes(name.toLowerCase())), ...patch.pairs];
}

/** One mutation after the other, as they are documented. */
function applyInTurn(
  layers: readonly HeaderMutations[],
  fields: readonly HeaderPair[],
): readonly HeaderPair[] {
  let current = [...fields];
  const drop = (dropped: string) => {
    current = current.filter(({ name }) => name.toLowerCase() !== dropped.toLowerCase());
  };
  for (const layer of layers) {
    for (const name of layer.remove) drop(name);
    for (const field of layer.set) {
      drop(field.name);
      current.push(field);
    }
    for (const field of layer.add) current.push(field);
  }
  return current;
}

describe('header patch', () => {
  test('is empty when nothing is configured', () => {
    const patch = HeaderPatch.of([noHeaders, noHeaders]);
    expect(patch).toMatchObject({ dropped: [], pairs: [], empty: true });
    expect(compiled(route('r')).requestHeaders.empty).toBe(true);
  });

  test('removes, then sets, then adds', () => {
    const patch = HeaderPatch.of([
      mutations({
        remove: ['X-Old', 'X-Both'],
        set: [pair('X-Set', '1'), pair('X-Both', '2')],
        add: [pair('X-Set', '3')],
      }),
    ]);
    expect(patch.dropped).toEqual(['x-old', 'x-both', 'x-set']);
    expect(patch.pairs).toEqual([pair('X-Set', '1'), pair('X-Both', '2'), pair('X-Set', '3')]);
    expect(patch.empty).toBe(false);
  });

  test('the route has the last word over the virtual host', () => {
    const table = tableOf({
      ...virtualHost(
        'shop',
        ['*'],
        [
          {
            ...route('r'),
            requestHeaders: mutations({
              remove: ['x-c'],
              set: [pair('x-a', 'route')],
              add: [pair('x-b', 'route')],
            }),
            responseHeaders: mutations({ set: [pair('x-r', 'route')] }),
          },
        ],
      ),
      responseHeaders: mutations({ set: [pair('X-R', 'host'), pair('X-S', 'host')] }),
      requestHeaders: mutations({
        set: [pair('X-A', 'host')],
        add: [pair('X-B', 'host'), pair('X-C', 'host')],
      }),
    });
    const found = table.match(new MemoryHead())!;
    expect(found.requestHeaders.dropped.toSorted()).toEqual(['x-a', 'x-c']);
    expect(found.requestHeaders.pairs).toEqual([
      pair('X-B', 'host'),
      pair('x-a', 'route'),
      pair('x-b', 'route'),
    ]);
    expect(found.responseHeaders.dropped.toSorted()).toEqual(['x-r', 'x-s']);
    expect(found.responseHeaders.pairs).toEqual([pair('X-S', 'host'), pair('x-r', 'route')]);
  });

  test('does what the mutations one after the other do', () => {
    const random = seededRandom(3);
    const below = (limit: number) => Math.floor(random.next() * limit);
    const name = () => ['a', 'A', 'b', 'c', 'C'][below(5)]!;
    const pairs = (): HeaderPair[] => Array.from({ length: below(4) }, () => pair(name(), `${below(100)}`));
    for (let round = 0; round < 2000; round++) {
      const layers = [1, 2].map(() => ({
        remove: Array.from({ length: below(3) }, name),
        set: pairs(),
        add: pairs(),
      }));
      const fields = pairs();
      expect(apply(HeaderPatch.of(layers), fields)).toEqual(applyInTurn(layers, fields));
    }
  });
});
