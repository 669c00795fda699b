/**
 * One capture on the disk: the folder `<id>` with `capture.json` and one file per format. It is written beside its
 * place and renamed, so that it is there as a whole or not at all, whenever the process is killed.
 *
 * Files are flushed to the disk before the rename, because a rename may survive a power cut that the bytes do not; the
 * directory is not flushed: what is lost then is the whole capture, never a part of it.
 */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { join } from 'node:path';
import type { CaptureFile, CaptureFormat, CaptureRecord } from '../capture/capture.ts';
import { type Disk, errorCode, isMissing } from './disk.ts';
import { maxRecordBytes, parseRecord, type RecordFile, recordFileName, recordText } from './record-file.ts';
import type { NewFile } from './store.ts';

/** Profiles tell about the program and its users: nobody else on the machine reads them. */
const folderMode = 0o700;
const fileMode = 0o600;
const noFollow: number = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0);

/** What is being written, or on its way out: `.tmp-<mark of the process>-<random>`. */
export const temporaryPrefix = '.tmp-';
/** What others write piece by piece and then put. */
export const scratchPrefix = '.scratch-';

export interface StoredCapture {
  readonly record: CaptureRecord;
  /** Of all its files. */
  readonly bytes: number;
}

type NewRecord = Omit<CaptureRecord, 'files'>;

interface Move {
  readonly from: string;
  readonly to: string;
}

export class CaptureFolders {
  readonly #directory: string;
  readonly #mark: string;
  readonly #disk: Disk;

  constructor({ directory, mark, disk }: { directory: string; mark: string; disk: Disk }) {
    this.#directory = directory;
    this.#mark = mark;
    this.#disk = disk;
  }

  /** Bytes of all files that it will have. Rejects with the file system's error for one given by path that is not there. */
  async weigh(record: NewRecord, files: readonly NewFile[]): Promise<number> {
    const { whole, text } = await this.#compose(record, files);
    return whole.files.reduce((sum, { bytes }) => sum + bytes, text.length);
  }

  /** Rejects with the file system's error; then nothing is left behind, and files given by path are where they were. */
  async write(record: NewRecord, files: readonly NewFile[]): Promise<StoredCapture> {
    await this.#disk.mkdir(this.#directory, { recursive: true, mode: folderMode });
    const folder = this.#temporary();
    await this.#disk.mkdir(folder, { mode: folderMode });
    const moved: Move[] = [];
    try {
      const { whole, text } = await this.#compose(record, files);
      for (const file of files) {
        const path = join(folder, fileName(file.format));
        if ('bytes' in file) await this.#writeFile(path, file.bytes);
        else await this.#move(file.path, path, moved);
      }
      await this.#writeFile(join(folder, recordFileName), text);
      await this.#disk.rename(folder, join(this.#directory, record.id));
      await this.#dropCopied(files, moved);
      return { record: whole, bytes: whole.files.reduce((sum, { bytes }) => sum + bytes, text.length) };
    } catch (error) {
      for (const { from, to } of moved) await this.#disk.rename(to, from).catch(() => {});
      await this.#disk.rm(folder, { recursive: true, force: true }).catch(() => {});
      throw error;
    }
  }

  /** `null`: something else, damaged, or gone. */
  async look(id: string): Promise<(StoredCapture & Pick<RecordFile, 'owner'>) | null> {
    try {
      const path = join(this.#directory, id, recordFileName);
      const size = await this.#sizeOf(path);
      if (size > maxRecordBytes) return null;
      const file = parseRecord(await this.#disk.readFile(path, { encoding: 'utf8', flag: noFollow }));
      if (file === null || file.record.id !== id) return null;
      let bytes = size;
      for (const { format, bytes: expected } of file.record.files) {
        if ((await this.#sizeOf(join(this.#directory, id, fileName(format)))) !== expected) return null;
        bytes += expected;
      }
      return { ...file, bytes };
    } catch {
      return null;
    }
  }

  /** `null`: not there (any more). Rejects when it is there and cannot be read. */
  async read(id: string, format: CaptureFormat): Promise<Uint8Array | null> {
    try {
      return await this.#disk.readFile(join(this.#directory, id, fileName(format)), { flag: noFollow });
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  /** Out of sight first, so that what is half removed is never taken for a capture. Nothing there: nothing happens. */
  async remove(id: string): Promise<void> {
    const folder = this.#temporary();
    try {
      await this.#disk.rename(join(this.#directory, id), folder);
    } catch (error) {
      if (isMissing(error)) return;
      throw error;
    }
    // What cannot be removed now is a leftover like any other.
    await this.#disk.rm(folder, { recursive: true, force: true }).catch(() => {});
  }

  async exists(id: string): Promise<boolean> {
    try {
      await this.#disk.lstat(join(this.#directory, id));
      return true;
    } catch {
      return false;
    }
  }

  #temporary(): string {
    return join(this.#directory, `${temporaryPrefix}${this.#mark}-${randomBytes(6).toString('hex')}`);
  }

  async #compose(
    record: NewRecord,
    files: readonly NewFile[],
  ): Promise<{ readonly whole: CaptureRecord; readonly text: Uint8Array }> {
    const stored: CaptureFile[] = [];
    for (const file of files) {
      const bytes = 'bytes' in file ? file.bytes.length : await this.#sizeOf(file.path);
      stored.push({ format: file.format, bytes });
    }
    const whole = { ...record, files: stored };
    return { whole, text: Buffer.from(recordText({ record: whole, owner: this.#mark })) };
  }

  async #writeFile(path: string, bytes: Uint8Array): Promise<void> {
    const file = await this.#disk.open(path, 'wx', fileMode);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
  }

  async #move(from: string, to: string, moved: Move[]): Promise<void> {
    try {
      await this.#disk.rename(from, to);
      moved.push({ from, to });
    } catch (error) {
      if (errorCode(error) !== 'EXDEV') throw error;
      await this.#disk.copyFile(from, to);
    }
    await this.#disk.chmod(to, fileMode);
    const file = await this.#disk.open(to, 'r+');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  }

  /** Files from another file system were copied, and their first copy is no longer needed. */
  async #dropCopied(files: readonly NewFile[], moved: readonly Move[]): Promise<void> {
    for (const file of files) {
      if ('bytes' in file || moved.some(({ from }) => from === file.path)) continue;
      await this.#disk.unlink(file.path).catch(() => {});
    }
  }

  /** Of a plain file; anything else is an error. */
  async #sizeOf(path: string): Promise<number> {
    const status = await this.#disk.lstat(path);
    if (!status.isFile()) throw new Error(`${path} is not a file`);
    return status.size;
  }
}

function fileName(format: CaptureFormat): string {
  return `profile.${format}`;
}
