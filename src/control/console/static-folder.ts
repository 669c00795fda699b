/**
 * A folder whose files are served as they are. Only names from its listing exist, so no name can lead out of it. The
 * listing is taken once, each file read once: the folder belongs to a package and does not change while it runs.
 */
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';

export interface StaticFile {
  readonly name: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/** A file of another kind is not served: nothing is guessed. */
const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.md': 'text/plain; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.wasm': 'application/wasm',
  '.woff2': 'font/woff2',
};

export class StaticFolder {
  readonly #path: string;
  readonly #files = new Map<string, Promise<StaticFile>>();
  #names: Promise<ReadonlySet<string>> | null = null;

  /** `path` is absolute. Nothing is read before the first question. */
  constructor(path: string) {
    this.#path = path;
  }

  /** `null`: there is no such file, or none that is served. Rejects with the file system's error; the next call tries again. */
  async file(name: string): Promise<StaticFile | null> {
    this.#names ??= this.#list();
    try {
      if (!(await this.#names).has(name)) return null;
    } catch (error) {
      this.#names = null;
      throw error;
    }
    const reading = this.#files.get(name) ?? this.#read(name);
    this.#files.set(name, reading);
    try {
      return await reading;
    } catch (error) {
      this.#files.delete(name);
      throw error;
    }
  }

  /** Of everything that is served. Rejects as `file` does. */
  async names(): Promise<readonly string[]> {
    this.#names ??= this.#list();
    return [...(await this.#names)];
  }

  async #list(): Promise<ReadonlySet<string>> {
    const entries = await readdir(this.#path, { withFileTypes: true });
    const served = entries.filter((entry) => entry.isFile() && extname(entry.name) in contentTypes);
    return new Set(served.map((entry) => entry.name));
  }

  async #read(name: string): Promise<StaticFile> {
    const bytes = await readFile(join(this.#path, name));
    return { name, contentType: contentTypes[extname(name)]!, bytes };
  }
}
