import { describe, expect, test } from 'vitest';
import { ReleaseCatalog } from '../../../../health/aggregate/release-catalog.ts';
import { callerReport, peer } from './fleet.ts';

const versions = [peer('cart-1', 'cart', '1', 'r.1'), peer('cart-2', 'cart', '2', '')];

/** Heard of both versions at once, as after a restart. */
function restarted(): ReleaseCatalog {
  const catalog = new ReleaseCatalog();
  const counts = versions.map((callee) => ({ callee, calls: 10, failures: 1 }));
  catalog.learn(callerReport(peer('web-1', 'web'), 1000, counts));
  catalog.changes();
  return catalog;
}

describe('ReleaseCatalog', () => {
  test('learns from history which version came last, and keeps that for the journal', () => {
    const catalog = restarted();
    expect(catalog.newest('cart')).toBeUndefined();
    catalog.learnPast({ service: 'cart', version: '1', release: 'old' }, 100, 990);
    catalog.learnPast({ service: 'cart', version: '2', release: 'r.2' }, 500, 990);
    expect(catalog.newest('cart')).toMatchObject({ version: '2', release: 'r.2', firstEpoch: 500 });
    // What a node says of itself now goes before what one said then.
    expect(catalog.ofService('cart')[0]).toMatchObject({ release: 'r.1', firstEpoch: 100, lastEpoch: 1000 });
    expect(catalog.changes().map(([, version, , first]) => [version, first])).toEqual([
      ['1', 100],
      ['2', 500],
    ]);
    catalog.learnPast({ service: 'cart', version: '2', release: 'r.2' }, 600, 900);
    expect(catalog.changes()).toEqual([]);
  });

  test('gives the release that a pipeline tells to the version that it names, also when that has yet to come', () => {
    const catalog = new ReleaseCatalog();
    const learn = (version: string, epoch: number) =>
      catalog.learn(
        callerReport(peer('web-1', 'web'), epoch, [
          { callee: peer(`cart-${version}`, 'cart', version), calls: 10, failures: 0 },
        ]),
      );
    learn('1', 1000);
    catalog.name('cart', 'r.2', '2');
    // It is not what version 1 brought: a verdict on it would roll the good one back.
    expect(catalog.find('r.2', 'cart')).toEqual([]);
    learn('2', 1100);
    expect(catalog.find('r.2', 'cart')).toMatchObject([{ version: '2' }]);
    catalog.name('cart', 'r.3', '');
    expect(catalog.newest('cart')).toMatchObject({ version: '2', release: 'r.3' });
  });

  test('heeds a pipeline that names a version, however many services others have named', () => {
    const catalog = restarted();
    for (let service = 0; service < 10_100; service++) catalog.name(`service-${service}`, '', '1');
    catalog.name('cart', '', '2');
    expect(catalog.newest('cart')).toMatchObject({ version: '2' });
  });

  test('is the same, put together from the records of two others', () => {
    const [one, other, both] = [new ReleaseCatalog(), new ReleaseCatalog(), new ReleaseCatalog()];
    for (let epoch = 1; epoch < 40; epoch++) {
      const callee = peer(`cart-${epoch % 20}`, 'cart', `${epoch % 3}`, `r.${epoch % 3}`);
      const report = callerReport(peer('web-1', 'web'), epoch, [{ callee, calls: 10, failures: 1 }]);
      both.learn(report);
      (epoch % 2 === 0 ? one : other).learn(report);
    }
    const merged = new ReleaseCatalog();
    for (const record of [...other.wholeRecords(), ...one.wholeRecords()]) merged.merge(record);
    const sorted = (catalog: ReleaseCatalog) =>
      catalog.ofService('cart').map((known) => ({ ...known, nodes: new Map(known.nodes) }));
    expect(sorted(merged)).toEqual(sorted(both));
  });
});
