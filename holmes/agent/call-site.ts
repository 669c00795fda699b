/**
 * Where something was made. A stack is taken now and put into words later, which costs half as much for what is gone by
 * then. Until then it holds on to the objects whose methods were running, so it must not wait long.
 */
import { pathToFileURL } from 'node:url';
import type { Frame } from '../profile/handle-profile.ts';

/** Innermost frames that are kept. */
const maxFrames = 16;

/** So many different stacks are held once; after that anew. */
const maxKept = 4000;

const here: string = new URL('.', import.meta.url).href;

/** Frames that say how we came to look, not who did it. */
const plumbing: readonly string[] = [here, 'node:diagnostics_channel', 'node:internal/async_hooks'];

/** Holds a stack that nobody has looked at. */
export interface StackHolder {
  readonly stack?: unknown;
}

/** The present stack without `below` and what it called. Nothing is kept where the program has switched stacks off. */
export function captureStack(below: (...values: never[]) => unknown): StackHolder {
  const holder: StackHolder = {};
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = maxFrames;
  try {
    Error.captureStackTrace(holder, below);
  } finally {
    Error.stackTraceLimit = limit;
  }
  return holder;
}

/** Puts stacks into words; alike ones share their frames. */
export class CallSites {
  readonly #kept: Map<string, readonly Frame[]> = new Map();

  /** Innermost first; empty: not known. About 10 us a stack. */
  framesOf(holder: StackHolder): readonly Frame[] {
    const before = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
    let frames: readonly Frame[] = [];
    Object.defineProperty(Error, 'prepareStackTrace', {
      value: (_: unknown, sites: readonly NodeJS.CallSite[]) => {
        frames = sites.map(frameOf);
        return '';
      },
      configurable: true,
      writable: true,
      enumerable: false,
    });
    try {
      // Reading is what makes V8 ask for the words.
      void holder.stack;
    } finally {
      if (before === undefined) Reflect.deleteProperty(Error, 'prepareStackTrace');
      else Object.defineProperty(Error, 'prepareStackTrace', before);
    }
    return this.#shared(withoutPlumbing(frames));
  }

  #shared(frames: readonly Frame[]): readonly Frame[] {
    const key = stackKey(frames);
    const kept = this.#kept.get(key);
    if (kept !== undefined) return kept;
    if (this.#kept.size >= maxKept) this.#kept.clear();
    this.#kept.set(key, frames);
    return frames;
  }
}

/** The same for the same places. */
export function stackKey(frames: readonly Frame[]): string {
  let key = '';
  for (const { functionName, url, line, column } of frames)
    key += `${functionName} ${url}:${line}:${column}\n`;
  return key;
}

/** Reads what a program has already put into words: the lines of `error.stack`. */
export function framesOfText(stack: string): readonly Frame[] {
  const frames: Frame[] = [];
  for (const line of stack.split('\n')) {
    const found = /^ {4}at (?:(?:async )?(.*?) \()?((?:file:|node:|\/|[A-Za-z]:\\).*?):(\d+):(\d+)\)?$/.exec(
      line,
    );
    if (found === null) continue;
    const [, functionName = '', file = '', row = '0', column = '0'] = found;
    frames.push({ functionName, url: urlOf(file), line: Number(row), column: Number(column) });
    if (frames.length === maxFrames) break;
  }
  return frames;
}

function frameOf(site: NodeJS.CallSite): Frame {
  return {
    functionName: site.getFunctionName() ?? '',
    url: urlOf(site.getFileName() ?? ''),
    line: site.getLineNumber() ?? 0,
    column: site.getColumnNumber() ?? 0,
  };
}

/** CommonJS modules are known by path; profiles name them by URL. */
function urlOf(file: string): string {
  return file.startsWith('/') || /^[A-Za-z]:\\/.test(file) ? pathToFileURL(file).href : file;
}

function withoutPlumbing(frames: readonly Frame[]): readonly Frame[] {
  const first = frames.findIndex(({ url }) => !plumbing.some((prefix) => url.startsWith(prefix)));
  return first === -1 ? [] : frames.slice(first);
}
