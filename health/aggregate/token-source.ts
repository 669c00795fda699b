/**
 * The token with which the aggregator is let in elsewhere: from the settings, or from a file that is read anew for each
 * use, so that it can be changed while the aggregator runs.
 */
import { open } from 'node:fs/promises';

export interface TokenSource {
  /** Empty, both of them: none is sent. At most one is set. */
  readonly token: string;
  readonly file: string;
}

export const noToken: TokenSource = { token: '', file: '' };

const maxBytes = 8192;

/** Throws in words what is wrong with the file, never with what stands in it. */
export async function readToken({ token, file }: TokenSource): Promise<string> {
  if (file === '') return token;
  const text = await readStart(file).catch((error: unknown) => {
    const { code = 'failed' } = error as NodeJS.ErrnoException;
    throw new Error(`the token in ${file} cannot be read (${code})`, { cause: error });
  });
  const read = text.trim();
  if (!/^[\x21-\x7e]+$/.test(read) || text.length > maxBytes)
    throw new Error(`${file} must hold one token of at most ${maxBytes} visible ASCII characters`);
  return read;
}

async function readStart(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(maxBytes + 1), 0, maxBytes + 1, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await file.close();
  }
}
