/**
 * Regular expressions of the configuration, with RE2's syntax and its linear time: a request cannot make one
 * backtrack. `re2js` takes 6 ms to load, so it is imported plainly.
 */
import { RE2JS } from 're2js';
import type { Problem } from '../base/index.ts';

export type Regex = RE2JS;

/** Compiles `pattern`; a pattern that RE2 refuses is added to `problems` (at `path`) and answered with null. */
export function compileRegex(pattern: string, path: string, problems: Problem[]): Regex | null {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    problems.push({
      path,
      expected: 'a regular expression in RE2 syntax',
      got: JSON.stringify(pattern),
      hint: reason,
    });
    return null;
  }
}
