import { describe, expect, test } from 'vitest';
import { Deadline, ManualClock, type Random, seededRandom, TimerWheel } from '../../../src/base/index.ts';

const tickMs = 50;

/** A wheel with its time, and what fired when. */
class Scene {
  nowMs = 0;
  readonly fired: { readonly deadline: Deadline; readonly atMs: number }[] = [];
  readonly wheel: TimerWheel;
  /** Runs inside `onDeadline`, after the firing is noted. */
  onFire: (deadline: Deadline) => void = () => {};

  constructor(slots?: number) {
    this.wheel = new TimerWheel({ nowMs: 0, tickMs, ...(slots === undefined ? {} : { slots }) });
  }

  deadline(): Deadline {
    return new Deadline({
      onDeadline: (deadline) => {
        this.fired.push({ deadline, atMs: this.nowMs });
        this.onFire(deadline);
      },
    });
  }

  advance(ms: number): void {
    this.nowMs += ms;
    this.wheel.advance(this.nowMs);
  }

  /** Advances in small steps until `deadline` fires; answers when that was. */
  runUntilFired(deadline: Deadline, stepMs: number, limitMs: number): number {
    const before = this.fired.length;
    while (this.nowMs < limitMs) {
      this.advance(stepMs);
      const hit = this.fired.slice(before).find((one) => one.deadline === deadline);
      if (hit !== undefined) return hit.atMs;
    }
    return -1;
  }
}

describe('TimerWheel', () => {
  test('fires a deadline never early and at most two ticks late, wherever in a tick it was armed', () => {
    for (let offset = 0; offset < tickMs; offset += 7) {
      for (const delay of [0, 1, 49, 50, 51, 99, 100, 101, 1000, 1234]) {
        const scene = new Scene();
        scene.advance(offset);
        const deadline = scene.deadline();
        scene.wheel.arm(deadline, delay);
        const at = scene.runUntilFired(deadline, 1, offset + delay + 3 * tickMs);
        expect(at, `delay ${delay} armed at ${offset}`).toBeGreaterThanOrEqual(offset + delay);
        expect(at, `delay ${delay} armed at ${offset}`).toBeLessThanOrEqual(offset + delay + 2 * tickMs);
      }
    }
  });

  test('ensures a delay from the time of the clock, also when the wheel has fallen behind it', () => {
    const clock = new ManualClock();
    const wheel = new TimerWheel({ nowMs: clock.now(), tickMs, clock });
    const startMs = clock.now();
    const firedMs: number[] = [];
    const deadline = new Deadline({ onDeadline: () => firedMs.push(clock.now() - startMs) });
    wheel.arm(deadline, 1000);
    clock.advance(900);
    wheel.ensure(deadline, 200);
    const later = deadline.dueTick;
    wheel.ensure(deadline, 0);
    expect(deadline.dueTick).toBeLessThan(later);
    wheel.ensure(deadline, 500);
    while (firedMs.length === 0) {
      wheel.advance(clock.now());
      clock.advance(1);
    }
    expect(firedMs[0]).toBeGreaterThanOrEqual(900);
    expect(firedMs[0]).toBeLessThanOrEqual(1000);
  });

  test('treats a negative delay as none', () => {
    const scene = new Scene();
    const deadline = scene.deadline();
    scene.wheel.arm(deadline, -1000);
    scene.advance(2 * tickMs);
    expect(scene.fired).toHaveLength(1);
  });

  test('keeps a deadline that is several rounds away until its round', () => {
    const scene = new Scene(16);
    const roundMs = 16 * tickMs;
    for (const rounds of [1, 2, 3, 7.5]) {
      const deadline = scene.deadline();
      const from = scene.nowMs;
      scene.wheel.arm(deadline, rounds * roundMs);
      const at = scene.runUntilFired(deadline, 13, from + (rounds + 2) * roundMs);
      expect(at).toBeGreaterThanOrEqual(from + rounds * roundMs);
      // The step of the scene comes on top.
      expect(at).toBeLessThanOrEqual(from + rounds * roundMs + 2 * tickMs + 13);
    }
  });

  test('fires each arming once, and says that it is disarmed by then', () => {
    const scene = new Scene();
    const deadline = scene.deadline();
    const armed: boolean[] = [];
    scene.onFire = () => armed.push(deadline.armed);
    scene.wheel.arm(deadline, 10);
    expect(deadline.armed).toBe(true);
    scene.advance(10_000);
    scene.advance(10_000);
    expect(armed).toEqual([false]);
    expect(deadline.armed).toBe(false);
  });

  test('does not fire what was cancelled, and takes a second cancel calmly', () => {
    const scene = new Scene();
    const deadline = scene.deadline();
    scene.wheel.arm(deadline, 100);
    scene.wheel.cancel(deadline);
    scene.wheel.cancel(deadline);
    expect(deadline.armed).toBe(false);
    scene.advance(1000);
    expect(scene.fired).toHaveLength(0);
  });

  test('moves an armed deadline when it is armed again, later as well as sooner', () => {
    const scene = new Scene();
    const later = scene.deadline();
    const sooner = scene.deadline();
    scene.wheel.arm(later, 100);
    scene.wheel.arm(later, 1000);
    scene.wheel.arm(sooner, 1000);
    scene.wheel.arm(sooner, 100);
    scene.advance(300);
    expect(scene.fired.map((one) => one.deadline)).toEqual([sooner]);
    scene.advance(800);
    expect(scene.fired.map((one) => one.deadline)).toEqual([sooner, later]);
  });

  test('leaves a sooner deadline alone when asked to ensure a later one', () => {
    const scene = new Scene();
    const deadline = scene.deadline();
    scene.wheel.ensure(deadline, 100);
    scene.wheel.ensure(deadline, 5000);
    scene.advance(200);
    expect(scene.fired).toHaveLength(1);
    scene.wheel.ensure(deadline, 5000);
    scene.wheel.ensure(deadline, 100);
    scene.advance(200);
    expect(scene.fired).toHaveLength(2);
  });

  test('lets a firing owner cancel others that are due in the same tick', () => {
    const scene = new Scene();
    const all = Array.from({ length: 5 }, () => scene.deadline());
    for (const deadline of all) scene.wheel.arm(deadline, 100);
    scene.onFire = () => {
      for (const deadline of all) scene.wheel.cancel(deadline);
    };
    scene.advance(1000);
    expect(scene.fired).toHaveLength(1);
    expect(all.some((deadline) => deadline.armed)).toBe(false);
  });

  test('lets a firing owner arm itself and others again, for the same slot too', () => {
    const scene = new Scene(8);
    const other = scene.deadline();
    const deadline = scene.deadline();
    let left = 3;
    scene.onFire = (fired) => {
      if (fired !== deadline || --left === 0) return;
      // One round later is the slot that is being fired.
      scene.wheel.arm(deadline, 7 * tickMs);
      scene.wheel.arm(other, 0);
    };
    scene.wheel.arm(deadline, 0);
    for (let i = 0; i < 60; i++) scene.advance(tickMs);
    expect(scene.fired.filter((one) => one.deadline === deadline)).toHaveLength(3);
    expect(scene.fired.filter((one) => one.deadline === other)).toHaveLength(2);
  });

  test('does not fire early what an owner arms while the wheel catches up after a stall', () => {
    const scene = new Scene();
    const deadline = scene.deadline();
    scene.onFire = () => scene.wheel.arm(deadline, 1000);
    scene.wheel.arm(deadline, 100);
    scene.advance(60_000);
    expect(scene.fired).toHaveLength(1);
    scene.advance(999);
    expect(scene.fired).toHaveLength(1);
    scene.advance(1 + 2 * tickMs);
    expect(scene.fired).toHaveLength(2);
  });

  test('counts a delay from the time of its clock, if it has one, and not from the last advance', () => {
    const clock = new ManualClock();
    const wheel = new TimerWheel({ nowMs: clock.now(), tickMs, clock });
    let fired = 0;
    const deadline = new Deadline({ onDeadline: () => fired++ });
    // The loop was stuck: time has moved, and the wheel has not.
    clock.advance(5000);
    wheel.arm(deadline, 1000);
    wheel.advance(clock.now());
    clock.advance(999);
    wheel.advance(clock.now());
    expect(fired).toBe(0);
    clock.advance(1 + 2 * tickMs);
    wheel.advance(clock.now());
    expect(fired).toBe(1);
  });

  test('does not go back when time does', () => {
    const scene = new Scene();
    const deadline = scene.deadline();
    scene.advance(1000);
    scene.wheel.arm(deadline, 100);
    scene.advance(-900);
    expect(scene.fired).toHaveLength(0);
    scene.advance(900 + 100 + 2 * tickMs);
    expect(scene.fired).toHaveLength(1);
  });

  test('agrees with a list of due times over 10,000 random operations', () => {
    for (const seed of [1, 20_261_120]) {
      const model = new Model(seededRandom(seed));
      model.run(10_000);
      expect(model.differences).toEqual([]);
      expect(model.firings).toBeGreaterThan(500);
    }
  });
});

/** The wheel beside the plainest thing that could work: a due time for each armed deadline. */
class Model {
  readonly #random: Random;
  readonly #scene = new Scene(64);
  readonly #due = new Map<Deadline, number>();
  readonly #deadlines: readonly Deadline[];
  readonly differences: string[] = [];
  firings = 0;

  constructor(random: Random) {
    this.#random = random;
    this.#deadlines = Array.from({ length: 40 }, () => this.#scene.deadline());
    this.#scene.onFire = (deadline) => this.#onFire(deadline);
  }

  run(operations: number): void {
    for (let i = 0; i < operations; i++) {
      this.#step();
      for (const deadline of this.#deadlines) {
        this.#check(deadline.armed === this.#due.has(deadline), `operation ${i}: armed differs`);
      }
    }
  }

  #check(holds: boolean, difference: string): void {
    if (!holds) this.differences.push(difference);
  }

  #step(): void {
    const deadline = this.#pick();
    const choice = this.#random.next();
    if (choice < 0.35) this.#arm(deadline);
    else if (choice < 0.5) this.#ensure(deadline);
    else if (choice < 0.6) this.#cancel(deadline);
    else this.#advance();
  }

  #advance(): void {
    // Mostly within a tick or a few, now and then a stall of several rounds.
    const scale = this.#random.next() < 0.02 ? 20_000 : 120;
    this.#scene.advance(Math.floor(this.#random.next() * scale));
    const late = this.#scene.nowMs - 2 * tickMs;
    for (const due of this.#due.values()) this.#check(due > late, `due at ${due}, not fired by ${late}`);
  }

  #onFire(deadline: Deadline): void {
    const { nowMs } = this.#scene;
    const due = this.#due.get(deadline) ?? Number.POSITIVE_INFINITY;
    this.firings++;
    this.#check(due <= nowMs, `fired at ${nowMs}, due at ${due}`);
    this.#due.delete(deadline);
    const choice = this.#random.next();
    if (choice < 0.2) this.#arm(this.#pick());
    else if (choice < 0.3) this.#cancel(this.#pick());
    else if (choice < 0.4) this.#ensure(this.#pick());
  }

  #arm(deadline: Deadline): void {
    const delay = this.#delay();
    this.#scene.wheel.arm(deadline, delay);
    this.#due.set(deadline, this.#scene.nowMs + delay);
  }

  #ensure(deadline: Deadline): void {
    const delay = this.#delay();
    const wasDueTick = deadline.dueTick;
    const wasArmed = deadline.armed;
    this.#scene.wheel.ensure(deadline, delay);
    // Within a tick the wheel may take either; which one it took tells what it promised.
    if (!wasArmed || deadline.dueTick !== wasDueTick) this.#due.set(deadline, this.#scene.nowMs + delay);
    else this.#check(this.#due.get(deadline)! < this.#scene.nowMs + delay + 2 * tickMs, 'ensured too late');
  }

  #cancel(deadline: Deadline): void {
    this.#scene.wheel.cancel(deadline);
    this.#due.delete(deadline);
  }

  #pick(): Deadline {
    return this.#deadlines[Math.floor(this.#random.next() * this.#deadlines.length)]!;
  }

  #delay(): number {
    const scale = this.#random.next() < 0.1 ? 30_000 : 600;
    return Math.floor(this.#random.next() * scale);
  }
}
