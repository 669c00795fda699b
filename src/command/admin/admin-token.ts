/** The token of the admin API: from a file or the environment, never an argument, which every user of a machine can read. */
import { readFile } from 'node:fs/promises';
import { AdminFailure } from './admin-failure.ts';

const maxTokenLength = 4096;

/** The file wins over the environment; empty: none. Rejects with an AdminFailure. */
export async function readToken(path: string | null): Promise<string> {
  if (path === null) return checkedToken(process.env['MESHLOCK_ADMIN_TOKEN'] ?? '', 'MESHLOCK_ADMIN_TOKEN');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new AdminFailure(
      `cannot read the token: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  if (text.trim() === '') throw new AdminFailure(`${path} is empty: expected a token`);
  return checkedToken(text, path);
}

/** It goes into a header; said without the token itself. */
function checkedToken(text: string, from: string): string {
  const token = text.trim();
  if (/^[\x21-\x7e]*$/.test(token) && token.length <= maxTokenLength) return token;
  throw new AdminFailure(`${from} holds no token: expected one line of printable characters`);
}
