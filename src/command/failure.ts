/** What a command that failed says, and with which code it exits. */
import { formatProblem, type MeshlockError, type Problem } from '../base/index.ts';

/** 2: bad usage or configuration, which another try does not mend; 1: everything else. */
export function exitCodeOf({ code }: MeshlockError): number {
  switch (code) {
    case 'USAGE':
    case 'CONFIG_INVALID':
    case 'CONFIG_UNREADABLE':
    case 'ADMIN_UNPROTECTED':
    case 'MODULE_INVALID':
      return 2;
    case 'ADDRESS_IN_USE':
    case 'ADDRESS_UNAVAILABLE':
    case 'THREAD_FAILED':
      return 1;
  }
}

/** For a terminal: the message, then every problem on its own line. */
export function failureText(error: MeshlockError): string {
  const lines = error.problems.map((problem) => `  ${problemText(problem)}\n`);
  return `meshlock: ${error.message}\n${lines.join('')}`;
}

/** Problems of a file say where they are: `12:5: listeners[0].address: expected ...`. */
function problemText(problem: Problem): string {
  const position = positionOf(problem);
  return position === null
    ? formatProblem(problem)
    : `${position.line}:${position.column}: ${formatProblem(problem)}`;
}

/** Line and column, counted from 1; `null` for a problem that is not in a file. */
export function positionOf(problem: Problem): { readonly line: number; readonly column: number } | null {
  if (!('position' in problem)) return null;
  return problem.position as { line: number; column: number };
}
