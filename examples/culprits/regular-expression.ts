/** A pattern with a repetition inside a repetition: a name that nearly matches takes twice as long with each character. */
import { type Culprit, type CulpritOptions, defaultBlockMs } from './culprit.ts';
import { againFor } from './pace.ts';

function isDisplayName(name: string): boolean {
  return /^([A-Za-z]+\s?)+$/.test(name);
}

export function regularExpression(options: CulpritOptions = {}): Culprit {
  const blockMs = options.blockMs ?? defaultBlockMs;
  return {
    name: 'regular-expression',
    summary: 'checks a name with a regular expression that backtracks without end',
    capture: 'cpu',
    guilty: 'isDisplayName',
    file: 'regular-expression.ts',
    statement: '.test(name)',
    strike() {
      // About 2 ms, 60 ms or 1 s each: a stall is one name, not many.
      const letters = blockMs < 100 ? 17 : blockMs < 1000 ? 22 : 26;
      againFor(blockMs, () => void isDisplayName(`${'a'.repeat(letters)}!`));
    },
    stop() {},
  };
}
