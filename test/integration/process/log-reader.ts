/** The JSON lines that the program writes to standard error, as they come. */
import type { Readable } from 'node:stream';
import { within } from '../harness/index.ts';

export interface LogLine {
  readonly level: string;
  readonly message: string;
  /** The fields beside these. */
  readonly [field: string]: unknown;
}

/** A start with `.ts` sources on a busy machine takes seconds. */
const patienceMs = 12_000;

export class LogReader {
  readonly lines: LogLine[] = [];
  /** What was not a JSON line: usage errors, stacks. */
  readonly other: string[] = [];
  #rest = '';
  #ended = false;
  #waiting: (() => void)[] = [];

  constructor(stream: Readable) {
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => this.#take(text));
    stream.on('end', () => {
      if (this.#rest !== '') this.#take('\n');
      this.#ended = true;
      this.#wake();
    });
  }

  /** Everything, for a failure's message. */
  get text(): string {
    return [...this.other, ...this.lines.map((line) => JSON.stringify(line))].join('\n');
  }

  /** Lines from `from` on whose message matches. */
  matching(pattern: RegExp, from = 0): LogLine[] {
    return this.lines.slice(from).filter(({ message }) => pattern.test(message));
  }

  /** The first line from `from` on whose message matches, once it is there. */
  async line(pattern: RegExp, from = 0): Promise<LogLine> {
    return (await this.count(pattern, 1, from))[0]!;
  }

  /** Waits for so many of them. */
  async count(pattern: RegExp, count: number, from = 0): Promise<LogLine[]> {
    const arrival = async (): Promise<LogLine[]> => {
      for (;;) {
        const found = this.matching(pattern, from);
        if (found.length >= count) return found;
        if (this.#ended) throw new Error(`the program ended without ${pattern.source}:\n${this.text}`);
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      }
    };
    return within(arrival(), () => `${count} x ${pattern.source} in the log:\n${this.text}`, patienceMs);
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#read(line);
    this.#wake();
  }

  #wake(): void {
    for (const tell of this.#waiting.splice(0)) tell();
  }

  #read(line: string): void {
    try {
      this.lines.push(JSON.parse(line) as LogLine);
    } catch {
      this.other.push(line);
    }
  }
}
