import { setImmediate as immediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../src/base/index.ts';
import type { Connection } from '../../../src/net/index.ts';
import { ThreadMemory } from '../../../src/net/thread-memory.ts';
import { Turn } from '../../../src/net/turn.ts';

/** What a turn does with a connection, written down. */
class Stub {
  gathered = 0;
  readonly outgoing: boolean;
  readonly name: string;
  readonly #scene: Scene;

  constructor(scene: Scene, name: string, outgoing: boolean) {
    this.#scene = scene;
    this.name = name;
    this.outgoing = outgoing;
  }

  handle(bytes: Buffer, from: number, to: number): void {
    const text = bytes.toString('latin1', from, to);
    this.#scene.handled.push(`${this.name} ${text.length > 20 ? text.length : text}`);
    this.#scene.times.push(this.#scene.turn.clock.now());
    this.#scene.onHandle(this);
  }
}

/** A turn whose reads the test makes, and whose time it moves. */
class Scene {
  readonly time = new ManualClock();
  readonly turn = new Turn(this.time, new ThreadMemory());
  readonly handled: string[] = [];
  readonly times: number[] = [];
  onHandle: (stub: Stub) => void = () => {};

  client(name: string): Stub {
    return new Stub(this, name, false);
  }

  upstream(name: string): Stub {
    return new Stub(this, name, true);
  }

  /** `stub` has read `text`; the buffer is used again at once. */
  read(stub: Stub, text: string): void {
    const bytes = Buffer.from(`xx${text}xx`, 'latin1');
    this.turn.receive(stub as unknown as Connection, bytes, 2, 2 + text.length);
    bytes.fill('?');
  }

  reads(stub: Stub, count: number): void {
    for (let i = 0; i < count; i++) this.read(stub, 'busy');
  }

  /** Brings so much that gathering begins. */
  async busy(): Promise<void> {
    this.reads(this.client('crowd'), 64 + 8);
    await immediate();
    this.handled.length = 0;
    this.times.length = 0;
  }
}

async function busyScene(): Promise<Scene> {
  const scene = new Scene();
  await scene.busy();
  return scene;
}

describe('Turn', () => {
  test('handles each read at once while turns bring few', async () => {
    const scene = new Scene();
    const client = scene.client('a');
    for (let turn = 0; turn < 50; turn++) {
      scene.reads(client, 7);
      expect(scene.handled.length).toBe(7 * (turn + 1));
      await immediate();
    }
  });

  test('gathers the reads of a busy turn, and handles them when it has brought them all', async () => {
    const scene = await busyScene();
    const [a, b] = [scene.client('a'), scene.client('b')];
    scene.read(a, 'one');
    scene.read(b, 'two');
    scene.read(a, 'three');
    expect(scene.handled).toEqual([]);
    expect([a.gathered, b.gathered]).toEqual([2, 1]);
    await immediate();
    expect(scene.handled).toEqual(['a one', 'b two', 'a three']);
    expect([a.gathered, b.gathered]).toEqual([0, 0]);
  });

  test('handles what upstreams sent before what clients sent', async () => {
    const scene = await busyScene();
    const [client, upstream] = [scene.client('client'), scene.upstream('upstream')];
    scene.read(client, 'request 1');
    scene.read(upstream, 'answer 1');
    scene.read(client, 'request 2');
    scene.read(upstream, 'answer 2');
    await immediate();
    expect(scene.handled).toEqual([
      'upstream answer 1',
      'upstream answer 2',
      'client request 1',
      'client request 2',
    ]);
  });

  test('lets time stand still while it handles what it gathered', async () => {
    const scene = await busyScene();
    scene.reads(scene.client('a'), 3);
    scene.time.advance(5);
    scene.onHandle = () => scene.time.advance(1);
    const before = scene.time.now();
    await immediate();
    expect(scene.times).toEqual([before, before, before]);
  });

  test('handles what was gathered before any other event', async () => {
    const scene = await busyScene();
    scene.read(scene.client('a'), 'first');
    scene.turn.begin();
    expect(scene.handled).toEqual(['a first']);
    scene.turn.end();
    await immediate();
    expect(scene.handled).toEqual(['a first']);
  });

  test('does not begin anew when what it handles begins an event', async () => {
    const scene = await busyScene();
    scene.onHandle = () => {
      scene.turn.begin();
      scene.turn.end();
    };
    scene.read(scene.client('a'), '1');
    scene.read(scene.client('b'), '2');
    await immediate();
    expect(scene.handled).toEqual(['a 1', 'b 2']);
  });

  test('handles a large read where it lies, behind the small ones of the same connection', async () => {
    const scene = await busyScene();
    const [a, b] = [scene.client('a'), scene.client('b')];
    scene.read(b, 'small');
    scene.read(a, 'x'.repeat(4097));
    expect(scene.handled).toEqual(['a 4097']);
    scene.read(b, 'x'.repeat(5000));
    expect(scene.handled.slice(1)).toEqual(['b small', 'b 5000']);
    await immediate();
    expect(scene.handled.length).toBe(3);
  });

  test('gathers no more than it has room for', async () => {
    const scene = await busyScene();
    const client = scene.client('a');
    const text = 'x'.repeat(4096);
    for (let i = 0; i < 32; i++) scene.read(client, text);
    expect(scene.handled.length).toBe(0);
    scene.read(client, 'one more');
    expect(scene.handled.length).toBe(32);
    await immediate();
    expect(scene.handled.at(-1)).toBe('a one more');
    scene.reads(client, 513);
    expect(scene.handled.length).toBe(33 + 512);
    await immediate();
    expect(scene.handled.length).toBe(33 + 513);
  });

  test('goes back to handling each read at once when turns have become sparse', async () => {
    const scene = await busyScene();
    const client = scene.client('a');
    for (let turn = 0; turn <= 16; turn++) {
      scene.handled.length = 0;
      scene.read(client, 'lonely');
      expect(scene.handled).toEqual([]);
      await immediate();
    }
    scene.handled.length = 0;
    scene.read(client, 'lonely');
    expect(scene.handled).toEqual(['a lonely']);
  });

  test('stays with gathering through single sparse turns', async () => {
    const scene = await busyScene();
    const client = scene.client('a');
    for (let turn = 0; turn < 60; turn++) {
      scene.handled.length = 0;
      scene.reads(client, turn % 10 === 0 ? 8 : 1);
      expect(scene.handled).toEqual([]);
      await immediate();
    }
  });
});
