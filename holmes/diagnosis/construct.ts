/** What code does, told by the functions that it calls and by the text of its line. */
import type { BodyLine } from './source-text.ts';
import type { Suspect } from './diagnosis.ts';

export type Construct = NonNullable<Suspect['construct']>;

interface Callee {
  readonly name: string;
  readonly url: string;
}

const timerCalls = new Set(['setTimeout', 'setInterval', 'setImmediate', 'refresh']);
const childCalls = new Set(['execSync', 'execFileSync', 'spawnSync']);
const regularExpressionCalls = new Set([
  'exec',
  'test',
  'match',
  'matchAll',
  'replace',
  'replaceAll',
  'split',
  'search',
]);

/** `callees`: outermost first, all of V8 or Node. `null`: they do not tell. */
export function constructOfCallees(callees: readonly Callee[]): Construct | null {
  if (callees.some((callee) => callee.url === '' && callee.name.startsWith('RegExp: ')))
    return 'regular expression';
  for (const { name: full, url } of callees) {
    const name = lastPart(full);
    if (url.startsWith('node:child_process') || childCalls.has(name)) return 'child process';
    if (url.startsWith('node:internal/crypto') || url === 'node:crypto')
      return name.endsWith('Sync') || callees.at(-1)!.url === '' ? 'synchronous crypto' : null;
    if ((url === 'node:fs' || url.startsWith('node:internal/fs')) && name.endsWith('Sync'))
      return 'synchronous file access';
    if (timerCalls.has(name) && (url === 'node:timers' || url === '')) return 'timers';
  }
  const [first] = callees;
  if (first === undefined || first.url !== '') return null;
  return /^\[Symbol\.(?:replace|match|matchAll|split|search)\]$/.test(first.name)
    ? 'regular expression'
    : null;
}

/** Most telling first: a line may do several things. */
const lineSigns: readonly { readonly sign: RegExp; readonly construct: Construct }[] = [
  { sign: /\bJSON\.(?:parse|stringify)\(/, construct: 'JSON' },
  { sign: /\b(?:execSync|execFileSync|spawnSync)\(/, construct: 'child process' },
  {
    sign: /\b(?:pbkdf2|scrypt|randomFill|generateKey|generateKeyPair|generatePrime|checkPrime|hkdf)Sync\(/,
    construct: 'synchronous crypto',
  },
  { sign: /\b[a-z]\w*Sync\(/, construct: 'synchronous file access' },
  { sign: /\bset(?:Timeout|Interval|Immediate)\(/, construct: 'timers' },
  {
    sign: /(?:^|[=(,:!&|?]|\breturn)\s*\/(?![/*]).+\/[dgimsuvy]*\.(?:test|exec)\(/,
    construct: 'regular expression',
  },
  {
    sign: /\.(?:match|matchAll|replace|replaceAll|split|search)\(\s*\/(?![/*])/,
    construct: 'regular expression',
  },
  { sign: /\bnew RegExp\(|\bRegExp\(/, construct: 'regular expression' },
];

/** What the line at work does; `null`: nothing that is known by its looks. */
export function constructOfLine(text: string): Construct | null {
  const code = withoutComment(text);
  for (const { sign, construct } of lineSigns) if (sign.test(code)) return construct;
  // `pattern.test(name)`: what has these methods is nearly always a regular expression.
  const method = /[\w$)\]]\.(test|exec|match|matchAll|replace|replaceAll|search)\(/.exec(code)?.[1];
  if (method !== undefined && regularExpressionCalls.has(method)) return 'regular expression';
  return null;
}

/** Whether a line waits for promises. */
export function awaits(text: string): boolean {
  return /\bawait\b|\.then\(|\bPromise\.|\basync\b/.test(withoutComment(text));
}

/** Whether `line` stands in a loop of the function whose body this is. */
export function isInLoop(body: readonly BodyLine[], line: number): boolean {
  const at = body.findIndex((candidate) => candidate.line === line);
  if (at < 0) return false;
  let indentation = indentationOf(body[at]!.text);
  for (let above = at; above >= 0; above--) {
    const { text } = body[above]!;
    if (above !== at && (text.trim() === '' || indentationOf(text) >= indentation)) continue;
    if (loopSign.test(withoutComment(text))) return true;
    indentation = Math.min(indentation, indentationOf(text));
  }
  return false;
}

const loopSign =
  /^\s*(?:\}?\s*(?:for|while)\b|do\b)|\.(?:forEach|map|filter|reduce|some|every|find|findIndex|flatMap|sort)\(/;

/** What lets memory of a function grow, by the text of its body, with the words for it. */
export interface Growth {
  readonly construct: Construct | null;
  /** `a Map that grows`; empty when nothing tells. */
  readonly words: string;
}

const growthSigns: readonly { readonly sign: RegExp; readonly growth: Growth }[] = [
  {
    sign: /\.(?:on|once|addListener|prependListener|addEventListener)\(/,
    growth: { construct: 'listeners', words: 'listeners that are added' },
  },
  {
    sign: /\.(?:push|add|unshift|set)\(.*(?:=>|\bfunction\b)/,
    growth: { construct: 'closures', words: 'functions that are kept, with all that they use' },
  },
  { sign: /\.set\(/, growth: { construct: 'collection', words: 'a Map that grows' } },
  { sign: /\.add\(/, growth: { construct: 'collection', words: 'a Set that grows' } },
  { sign: /\bset(?:Timeout|Interval)\(/, growth: { construct: 'timers', words: 'timers that keep it' } },
  {
    sign: /\bthis\.[#\w$.]+\.(?:push|unshift)\(/,
    growth: { construct: 'collection', words: 'a list that grows' },
  },
  { sign: /\.(?:push|unshift)\(/, growth: { construct: 'collection', words: 'a list that grows' } },
];

/** A list that the function makes itself grows and is gone: it is asked for what stays. */
export function growthOfBody(body: readonly BodyLine[]): Growth {
  const own = new Set<string>();
  for (const { text } of body) {
    const name = /\b(?:const|let|var) ([\w$]+)\b/.exec(text)?.[1];
    if (name !== undefined) own.add(name);
  }
  for (const { sign, growth } of growthSigns)
    for (const { text } of body) {
      const code = withoutComment(text);
      const found = sign.exec(code);
      if (found !== null && !own.has(receiverOf(code, found.index))) return growth;
    }
  return { construct: null, words: '' };
}

/** `list` of `list.push(`; empty when it is more than a name. */
function receiverOf(code: string, dot: number): string {
  return /(?<![\w$.#])([\w$]+)$/.exec(code.slice(0, dot))?.[1] ?? '';
}

function withoutComment(text: string): string {
  return text.replace(/^\s*(?:\/\/|\/?\*).*$/, '').replace(/\s\/\/ .*$/, '');
}

function indentationOf(text: string): number {
  return text.length - text.trimStart().length;
}

function lastPart(name: string): string {
  return name.split(/[. ]/).at(-1)!;
}
