/** One run of the command line to its end, with what it wrote. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { repositoryRoot } from '../../../build/executable.ts';

export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const timeoutMs = 12_000;

/** `meshlock <words>`; rejects when it does not end. */
export function runProgram(words: readonly string[]): Promise<Run> {
  const { promise, resolve, reject } = Promise.withResolvers<Run>();
  const program = [join(repositoryRoot, 'src', 'main.ts'), ...words];
  const options = { encoding: 'utf8' as const, timeout: timeoutMs };
  execFile(process.execPath, program, options, (error, stdout, stderr) => {
    if (error === null) resolve({ code: 0, stdout, stderr });
    else if (typeof error.code === 'number') resolve({ code: error.code, stdout, stderr });
    else reject(error);
  });
  return promise;
}
