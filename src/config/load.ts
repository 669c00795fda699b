/** Reading a configuration file. */
import { open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { MeshlockError } from '../base/index.ts';
import { maxFileBytes, readDocument } from './document.ts';
import type { Config } from './model.ts';
import { parseConfig } from './parse.ts';

/** Throws `CONFIG_UNREADABLE` when the file cannot be read, `CONFIG_INVALID` with every problem of what it holds. */
export async function loadConfig(path: string): Promise<Config> {
  const file = resolve(path);
  return parseConfig(await readText(file), { source: path, baseDirectory: dirname(file) });
}

/** What stands in a YAML or JSON file that another program's settings are in. Throws as `loadConfig` does. */
export async function loadDocument(path: string): Promise<unknown> {
  const document = readDocument(await readText(resolve(path)), path.endsWith('.json') ? 'json' : 'yaml');
  if ('locate' in document) return document.value;
  throw new MeshlockError('CONFIG_INVALID', `${path} cannot be read as YAML`, document);
}

/** At most one byte more than is allowed, however long the file (or device) is; the parser then refuses it. */
async function readText(path: string): Promise<string> {
  try {
    const bytes = await readBounded(path, maxFileBytes + 1);
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** The first bytes of a file, at most `limit`. */
export async function readBounded(path: string, limit: number): Promise<Buffer> {
  const handle = await open(path, 'r');
  try {
    const chunks: Buffer[] = [];
    let total = 0;
    while (total < limit) {
      const chunk = Buffer.allocUnsafe(Math.min(65_536, limit - total));
      const { bytesRead } = await handle.read(chunk, 0, chunk.length);
      if (bytesRead === 0) break;
      chunks.push(chunk.subarray(0, bytesRead));
      total += bytesRead;
    }
    return Buffer.concat(chunks, total);
  } finally {
    await handle.close();
  }
}

function unreadable(path: string, cause: unknown): MeshlockError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'failed';
  const isText = code !== 'ERR_ENCODING_INVALID_ENCODED_DATA';
  const problem = isText
    ? {
        path: '',
        expected: 'a configuration file that can be read',
        got: `${code}: ${path}`,
        ...hintOf(code),
      }
    : { path: '', expected: 'text in UTF-8', got: `other bytes in ${path}` };
  return new MeshlockError('CONFIG_UNREADABLE', `cannot read ${path}: ${code}`, [problem], cause);
}

function hintOf(code: string): { hint?: string } {
  const hints: Readonly<Record<string, string>> = {
    ENOENT: 'there is no such file',
    EACCES: 'this user may not read it',
    EISDIR: 'this is a directory',
  };
  const hint = hints[code];
  return hint === undefined ? {} : { hint };
}
