/** The programs that judge rules and Alertmanager's files: Debian's packages, or a reason why nothing was judged. */
import { execFile, spawnSync } from 'node:child_process';

export interface Outcome {
  readonly status: number | null;
  readonly output: string;
}

/** Empty when the program is there; else why its tests are skipped, to stand behind the name of their subject. */
export function reasonToSkip(program: string, debianPackage: string): string {
  return spawnSync(program, ['--version']).error === undefined
    ? ''
    : ` (skipped: ${program} is missing; it is in the Debian package ${debianPackage})`;
}

export function run(program: string, args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(program, [...args], { timeout: 60_000 }, (_error, stdout, stderr) => {
      resolve({ status: child.exitCode, output: stdout + stderr });
    });
  });
}
