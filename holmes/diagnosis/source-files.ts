/**
 * Source text for diagnoses: files that a profile names, read when they are asked for, and kept, a bounded number of
 * them. Compiled programs say by a source map where a line was written.
 */
import { readFileSync, statSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

export interface SourcePosition {
  /** URL of the file that was written. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

interface SourceFile {
  readonly lines: readonly string[];
  /** `undefined`: not looked for yet. */
  map: SourceMap | null | undefined;
}

const maxFiles = 64;
/** A bundle may be large; a map is several times that. */
const maxFileBytes = 4 * 1024 * 1024;
const maxMapBytes = 16 * 1024 * 1024;

/** Reads synchronously: for the thread that watches, never for the one that is watched. Never throws. */
export class SourceFiles {
  /** In the order of their last use. `null`: cannot be read. */
  readonly #files = new Map<string, SourceFile | null>();

  /** The text of a line, from 1; `null` for a file that is not local, too large or not there, and beyond its end. */
  line(url: string, line: number): string | null {
    return this.#file(url)?.lines[line - 1] ?? null;
  }

  /** Where a line and column (both from 1) were written; without a source map the position itself. */
  place(url: string, line: number, column: number): SourcePosition {
    const unmapped = { file: url, line };
    const file = this.#file(url);
    if (file === null) return unmapped;
    file.map ??= file.map === undefined ? readMap(url, file.lines) : null;
    if (file.map === null) return unmapped;
    try {
      // In the white space before a line the last mapping is that of the line before: look where the text begins.
      const text = file.lines[line - 1] ?? '';
      const indentation = text.length - text.trimStart().length;
      const origin = file.map.findEntry(line - 1, Math.max(indentation, column - 1));
      if (!('originalSource' in origin) || !origin.originalSource) return unmapped;
      if (origin.generatedLine !== line - 1) return unmapped;
      return { file: new URL(origin.originalSource, url).href, line: origin.originalLine + 1 };
    } catch {
      return unmapped;
    }
  }

  #file(url: string): SourceFile | null {
    let file = this.#files.get(url);
    if (file === undefined) {
      const text = textOf(url, maxFileBytes);
      file = text === null ? null : { lines: text.split(/\r?\n/), map: undefined };
    } else this.#files.delete(url);
    this.#files.set(url, file);
    if (this.#files.size > maxFiles) this.#files.delete(this.#files.keys().next().value!);
    return file;
  }
}

/** A map beside the file, or inside of it. */
function readMap(url: string, lines: readonly string[]): SourceMap | null {
  const comment = lines
    .slice(-5)
    .map((text) => /^\/\/[#@] sourceMappingURL=(\S+)\s*$/.exec(text)?.[1])
    .findLast((found) => found !== undefined);
  if (comment === undefined) return null;
  try {
    const text = comment.startsWith('data:')
      ? inlineText(comment)
      : textOf(new URL(comment, baseOf(url)).href, maxMapBytes);
    if (text === null) return null;
    const payload = JSON.parse(text) as ConstructorParameters<typeof SourceMap>[0];
    return new SourceMap(withRoot(payload));
  } catch {
    return null;
  }
}

/** `sourceRoot` stands before each source; Node's `SourceMap` leaves that to the reader. */
function withRoot(
  payload: ConstructorParameters<typeof SourceMap>[0],
): ConstructorParameters<typeof SourceMap>[0] {
  const root = payload.sourceRoot;
  if (!root) return payload;
  const prefix = root.endsWith('/') ? root : `${root}/`;
  return { ...payload, sourceRoot: '', sources: payload.sources.map((source) => prefix + source) };
}

function inlineText(comment: string): string | null {
  const comma = comment.indexOf(',');
  if (comma < 0 || comment.length > maxMapBytes) return null;
  const body = comment.slice(comma + 1);
  return comment.slice(0, comma).endsWith(';base64')
    ? Buffer.from(body, 'base64').toString('utf8')
    : decodeURIComponent(body);
}

function baseOf(url: string): string {
  return url.startsWith('file:') ? url : pathToFileURL(url).href;
}

/** `url`: a file URL or an absolute path, as CommonJS modules are named. */
function textOf(url: string, maxBytes: number): string | null {
  try {
    const path = url.startsWith('file:') ? fileURLToPath(url) : url;
    if (!path.startsWith('/') && !/^[A-Za-z]:[\\/]/.test(path)) return null;
    const stats = statSync(path);
    return stats.isFile() && stats.size <= maxBytes ? readFileSync(path, 'utf8') : null;
  } catch {
    return null;
  }
}
