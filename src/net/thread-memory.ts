/**
 * The bytes on their way through one data thread: what a read brings, what is gathered in a turn, what is to be sent.
 * They share the memory of a WebAssembly instance, whose one function copies within it: 8 ns where `Buffer.copy`, a call
 * into native code, takes 36, and an exchange copies seven times (docs/decisions/0019).
 */

const pageBytes = 64 * 1024;

/** By offset in the memory: one read of one socket, what is gathered, what is to be sent. */
export const gatheredStart: number = pageBytes;
export const sentStart: number = 3 * pageBytes;
const pages = 7;

interface Instance {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly copy: (to: number, from: number, length: number) => void;
}

/** As much of it as is used here; Node's types leave it to those of browsers. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

/** `(module (memory (export "memory") 7 7) (func (export "copy") (param i32 i32 i32) (memory.copy ...)))` */
function instantiate(): Instance {
  const name = (text: string): number[] => [text.length, ...Buffer.from(text, 'latin1')];
  const section = (id: number, ...content: number[]): number[] => [id, content.length, ...content];
  const i32 = 0x7f;
  const body = [0, 0x20, 0, 0x20, 1, 0x20, 2, 0xfc, 0x0a, 0, 0, 0x0b];
  const bytes = Uint8Array.of(
    ...[0, ...Buffer.from('asm', 'latin1'), 1, 0, 0, 0],
    // One type: three integers in, nothing out. One function of it.
    ...section(1, 1, 0x60, 3, i32, i32, i32, 0),
    ...section(3, 1, 0),
    // One memory that cannot grow: its buffer stays the same.
    ...section(5, 1, 1, pages, pages),
    ...section(7, 2, ...name('memory'), 2, 0, ...name('copy'), 0, 0),
    // The parameters, then memory.copy, then the end.
    ...section(10, 1, body.length, ...body),
  );
  return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as Instance;
}

export class ThreadMemory {
  readonly bytes: Buffer;
  /** Where every socket of the thread reads into, which is the start of `bytes`; handed over before the next read. */
  readonly readBuffer: Buffer;
  readonly #copy: Instance['copy'];

  constructor() {
    const { memory, copy } = instantiate();
    this.bytes = Buffer.from(memory.buffer);
    this.readBuffer = this.bytes.subarray(0, gatheredStart);
    this.#copy = copy;
  }

  /** Copies `source[from..to)`, which may be of this memory, to `bytes[at..]`. */
  put(at: number, source: Buffer, from: number, to: number): void {
    if (source === this.bytes) this.#copy(at, from, to - from);
    else source.copy(this.bytes, at, from, to);
  }
}
