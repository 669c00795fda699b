/**
 * Which places hold memory in Buffers, which no heap profile shows. Every 512 KiB that are asked for, one Buffer is
 * remembered with the place, weakly: those still there when somebody asks tell what is alive, each for 512 KiB.
 * Buffers that Node makes in C++, such as those a socket is read into, do not come by here.
 */
import { Buffer } from 'node:buffer';
import type { BufferGroup, Frame } from '../profile/handle-profile.ts';
import { type CallSites, captureStack } from './call-site.ts';
import type { Part } from './guard.ts';

const sampleBytes = 512 * 1024;

/** Samples in memory; when that is not enough every other one goes and the rest count double. */
const maxSamples = 4096;

/** After so many between two calls of `calm`, samples become rarer: each costs about 20 us. */
const maxBurst = 64;

const names = ['alloc', 'allocUnsafe', 'allocUnsafeSlow', 'from', 'concat'] as const;
type Name = (typeof names)[number];
type Maker = (this: unknown, ...values: unknown[]) => Buffer;
type Makers = Record<Name, Maker>;

interface Sample {
  readonly memory: WeakRef<object>;
  bytes: number;
  readonly frames: readonly Frame[];
}

export class BufferSampler implements Part {
  readonly #sites: CallSites;
  readonly #originals: Map<Name, { readonly descriptor: PropertyDescriptor; readonly wrapper: Maker }> =
    new Map();
  #samples: Sample[] = [];
  /** Bytes until the next sample, what one stands for, and how many there were since `calm`. */
  #left = sampleBytes;
  #interval = sampleBytes;
  #burst = 0;
  #installed = false;

  constructor(sites: CallSites) {
    this.#sites = sites;
  }

  install(): void {
    this.#installed = true;
    for (const name of names) {
      const descriptor = Object.getOwnPropertyDescriptor(Buffer, name);
      if (
        descriptor === undefined ||
        typeof descriptor.value !== 'function' ||
        descriptor.configurable !== true
      )
        continue;
      const wrapper = this.#wrapperOf(descriptor.value as Maker);
      this.#originals.set(name, { descriptor, wrapper });
      Object.defineProperty(Buffer, name, { ...descriptor, value: wrapper });
    }
  }

  /** What somebody has wrapped once more stays, and does nothing of its own any more. */
  remove(): void {
    this.#installed = false;
    for (const [name, { descriptor, wrapper }] of this.#originals)
      if ((Buffer as unknown as Makers)[name] === wrapper) Object.defineProperty(Buffer, name, descriptor);
    this.#originals.clear();
    this.#samples = [];
  }

  /** To be called about once a second. */
  calm(): void {
    this.#burst = 0;
    this.#interval = Math.max(sampleBytes, this.#interval / 2);
  }

  /** Bytes alive by place, as estimated; most first. */
  groups(): readonly BufferGroup[] {
    this.#sweep();
    const bytes = new Map<readonly Frame[], number>();
    for (const sample of this.#samples)
      bytes.set(sample.frames, (bytes.get(sample.frames) ?? 0) + sample.bytes);
    return [...bytes].map(([stack, sum]) => ({ bytes: sum, stack })).sort((a, b) => b.bytes - a.bytes);
  }

  #wrapperOf(original: Maker): Maker {
    const sampler = { note: (buffer: Buffer, first: unknown): void => this.#note(buffer, first, wrapper) };
    // Reflect.apply costs 2 ns here, a call with the values spelled out 10 (measured).
    const wrapper: Maker = function (this: unknown, ...values: unknown[]): Buffer {
      const buffer = Reflect.apply(original, this, values);
      sampler.note(buffer, values[0]);
      return buffer;
    };
    Object.defineProperty(wrapper, 'name', { value: original.name, configurable: true });
    Object.defineProperty(wrapper, 'length', { value: original.length, configurable: true });
    return wrapper;
  }

  #note(buffer: Buffer, first: unknown, wrapper: Maker): void {
    this.#left -= buffer.byteLength;
    if (this.#left > 0) return;
    try {
      this.#sample(buffer, first, wrapper);
    } catch {
      // A sample less.
    }
  }

  #sample(buffer: Buffer, first: unknown, wrapper: Maker): void {
    const steps = 1 + Math.floor(-this.#left / this.#interval);
    const bytes = steps * this.#interval;
    this.#left += bytes;
    // Of memory that was there before, nothing was made.
    if (!this.#installed || first instanceof ArrayBuffer || first instanceof SharedArrayBuffer) return;
    if (++this.#burst > maxBurst) {
      this.#burst = 0;
      this.#interval *= 2;
    }
    const whole = buffer.buffer.byteLength === buffer.byteLength;
    const frames = this.#sites.framesOf(captureStack(wrapper));
    // A slice keeps the memory without the Buffer; what lies in Node's pool does not keep the pool alone.
    this.#samples.push({ memory: new WeakRef<object>(whole ? buffer.buffer : buffer), bytes, frames });
    if (this.#samples.length >= maxSamples) this.#thin();
  }

  #sweep(): void {
    this.#samples = this.#samples.filter(({ memory }) => memory.deref() !== undefined);
  }

  #thin(): void {
    this.#sweep();
    if (this.#samples.length < maxSamples / 2) return;
    this.#samples = this.#samples.filter((_, index) => index % 2 === 0);
    for (const sample of this.#samples) sample.bytes *= 2;
  }
}
