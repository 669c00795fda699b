/** What a codec writes to, reduced to the two calls that writers make. */
import type { Connection } from '../../../src/net/index.ts';

export class CollectingOut {
  /** One entry per call, as text. */
  readonly pieces: string[] = [];

  write(bytes: Buffer, from: number, to: number): void {
    this.pieces.push(bytes.toString('latin1', from, to));
  }

  writeLatin1(text: string): void {
    this.pieces.push(text);
  }

  get text(): string {
    return this.pieces.join('');
  }

  get connection(): Connection {
    return this as unknown as Connection;
  }
}
