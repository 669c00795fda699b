/** Files that were to be stored: what of them can be kept in memory when the disk takes none. */
import type { CaptureFormat } from '../capture/capture.ts';
import type { Disk } from './disk.ts';
import type { NewFile } from './store.ts';
import { maxUnsavedBytes } from './unsaved.ts';

/** Rejects with the file system's error for a file that is not there. */
async function sizeOf(files: readonly NewFile[], disk: Disk): Promise<number> {
  let bytes = 0;
  for (const file of files) bytes += 'bytes' in file ? file.bytes.length : (await disk.lstat(file.path)).size;
  return bytes;
}

/**
 * All of them, or none when they are larger than the memory for them. Files on the disk are removed in either case: they
 * were handed over, and the disk needs the room. A file that cannot be read is left out. Never rejects.
 */
export async function takeIntoMemory(
  files: readonly NewFile[],
  disk: Disk,
): Promise<ReadonlyMap<CaptureFormat, Uint8Array>> {
  const isSmall = await sizeOf(files, disk).then(
    (bytes) => bytes <= maxUnsavedBytes,
    () => false,
  );
  const taken = new Map<CaptureFormat, Uint8Array>();
  for (const file of files) {
    if ('bytes' in file) {
      taken.set(file.format, file.bytes);
      continue;
    }
    try {
      if (isSmall) taken.set(file.format, await disk.readFile(file.path));
      await disk.unlink(file.path);
    } catch {
      // Said by the problem of the write that failed before.
    }
  }
  return taken;
}
