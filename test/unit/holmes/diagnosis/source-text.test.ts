import { describe, expect, test } from 'vitest';
import {
  awaits,
  constructOfCallees,
  constructOfLine,
  growthOfBody,
  isInLoop,
} from '../../../../holmes/diagnosis/construct.ts';
import {
  bodyOf,
  enclosingFunction,
  lineOfCall,
  type LineReader,
} from '../../../../holmes/diagnosis/source-text.ts';

function reader(text: string): LineReader {
  const lines = text.split('\n');
  return (line) => lines[line - 1] ?? null;
}

const source = `
export class Poller {
  #pollAgain(
    id: number,
  ): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
    }, 1);
    for (const one of this.all) {
      if (one.isOld) {
        one.stop();
      }
    }
  }

  stop(): void {}
}

function hash(password: string): Buffer {
  return pbkdf2Sync(password, 'x', 1, 64, 'sha512');
}

const rows = list.map((row) => row.id);
`;
const read = reader(source);

describe('the body of a function', () => {
  test('goes to its last brace, over a head of several lines', () => {
    const body = bodyOf(read, 3);
    expect(body[0]?.line).toBe(3);
    expect(body.at(-1)?.line).toBe(14);
  });

  test('of one line is that line', () => {
    expect(bodyOf(read, 16)).toEqual([{ line: 16, text: '  stop(): void {}' }]);
  });

  test('is empty where there is no source', () => {
    expect(bodyOf(() => null, 3)).toEqual([]);
  });

  test('ends after a bounded number of lines', () => {
    expect(bodyOf((line) => (line === 1 ? 'function f() {' : '  x();'), 1).length).toBeLessThanOrEqual(300);
  });
});

describe('the line of a call', () => {
  test('is found in the body', () => {
    expect(lineOfCall(read, 19, 'pbkdf2Sync')).toBe(20);
    expect(lineOfCall(read, 3, 'setTimeout')).toBe(6);
  });

  test('is none for a call that is not there, or a name that is no name', () => {
    expect(lineOfCall(read, 19, 'readFileSync')).toBe(0);
    expect(lineOfCall(read, 19, 'get x[')).toBe(0);
    expect(lineOfCall(() => null, 19, 'pbkdf2Sync')).toBe(0);
  });
});

describe('the function around an anonymous one', () => {
  test('is found above, over a head of several lines', () => {
    expect(enclosingFunction(read, 6)).toEqual({ functionName: '#pollAgain', line: 3 });
  });

  test('is none at the top of a module', () => {
    expect(enclosingFunction(read, 23)).toBeNull();
  });

  test('is none in a text that nobody laid out', () => {
    expect(enclosingFunction(() => 'x'.repeat(100_000), 1)).toBeNull();
  });
});

describe('what a line does', () => {
  test.each([
    ['  return JSON.parse(text) as Product[];', 'JSON'],
    ['  if (/^(a+)+$/.test(name)) return;', 'regular expression'],
    ['  const words = text.split(/\\s+/);', 'regular expression'],
    ['  return pattern.exec(line);', 'regular expression'],
    ["  return pbkdf2Sync(password, salt, 1, 64, 'sha512');", 'synchronous crypto'],
    ["  const text = fs.readFileSync(path, 'utf8');", 'synchronous file access'],
    ["  execSync('git status');", 'child process'],
    ['  setTimeout(poll, 1);', 'timers'],
  ])('%s', (text, construct) => {
    expect(constructOfLine(text)).toBe(construct);
  });

  test.each([
    '  const half = total / 2; // JSON.parse(',
    '  // JSON.parse(text)',
    '  sum += row;',
    '  const path = a / b / c;',
  ])('nothing known: %s', (text) => {
    expect(constructOfLine(text)).toBeNull();
  });

  test('is told by what it calls', () => {
    const node = (name: string, url: string): { name: string; url: string } => ({ name, url });
    expect(constructOfCallees([node('RegExp: ^a+$', '')])).toBe('regular expression');
    expect(constructOfCallees([node('scryptSync', 'node:internal/crypto/scrypt'), node('run', '')])).toBe(
      'synchronous crypto',
    );
    expect(constructOfCallees([node('writeFileSync', 'node:fs'), node('open', '')])).toBe(
      'synchronous file access',
    );
    expect(constructOfCallees([node('execSync', 'node:child_process'), node('spawn', '')])).toBe(
      'child process',
    );
    expect(constructOfCallees([node('setTimeout', 'node:timers')])).toBe('timers');
    expect(constructOfCallees([node('emit', 'node:events')])).toBeNull();
    expect(constructOfCallees([])).toBeNull();
  });

  test('may be to wait', () => {
    expect(awaits('  count += await countBranches(below);')).toBe(true);
    expect(awaits('  count += 1;')).toBe(false);
  });

  test('may be in a loop', () => {
    const body = bodyOf(read, 3);
    expect(isInLoop(body, 11)).toBe(true);
    expect(isInLoop(body, 6)).toBe(false);
  });
});

describe('what lets memory grow', () => {
  const words = (text: string): string => growthOfBody(bodyOf(reader(text), 1)).words;

  test('is told by the body of the function', () => {
    expect(words('function remember(id) {\n  sessions.set(id, {});\n}')).toBe('a Map that grows');
    expect(words('function keep(body) {\n  this.#kept.push(body);\n}')).toBe('a list that grows');
    expect(words("function follow() {\n  changes.on('change', () => view);\n}")).toBe(
      'listeners that are added',
    );
    expect(words('function later() {\n  cleanUps.push(() => report);\n}')).toBe(
      'functions that are kept, with all that they use',
    );
  });

  test('is not a list of its own', () => {
    expect(words('function rows() {\n  const rows = [];\n  rows.push(1);\n  return rows;\n}')).toBe('');
  });
});
