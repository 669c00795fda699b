/** The corner of expr-lang that conditions over an answer use: paths, literals, comparisons, `&&`, `||`. */

type Token = { readonly kind: 'name' | 'literal' | 'sign'; readonly text: string; readonly value: unknown };

const pattern =
  /\s*(?:(?<name>[A-Za-z_]\w*)|(?<text>"[^"]*"|'[^']*')|(?<number>\d+(?:\.\d+)?)|(?<sign>&&|\|\||[=!<>]=|[<>.[\]()]))/y;

function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  pattern.lastIndex = 0;
  const end = source.trimEnd().length;
  while (pattern.lastIndex < end) {
    const at = pattern.lastIndex;
    const groups = pattern.exec(source)?.groups;
    if (groups === undefined) throw new SyntaxError(`${source}: not understood at ${at}`);
    const { name, text, number, sign } = groups;
    if (name !== undefined) tokens.push({ kind: 'name', text: name, value: null });
    else if (text !== undefined) tokens.push({ kind: 'literal', text, value: text.slice(1, -1) });
    else if (number !== undefined) tokens.push({ kind: 'literal', text: number, value: Number(number) });
    else tokens.push({ kind: 'sign', text: sign ?? '', value: null });
  }
  return tokens;
}

class Evaluation {
  readonly #tokens: Token[];
  readonly #scope: Readonly<Record<string, unknown>>;

  constructor(source: string, scope: Readonly<Record<string, unknown>>) {
    this.#tokens = tokensOf(source);
    this.#scope = scope;
  }

  whole(): unknown {
    const value = this.#or();
    if (this.#tokens.length > 0) throw new SyntaxError(`left over: ${this.#tokens[0]?.text}`);
    return value;
  }

  #take(sign: string): boolean {
    if (this.#tokens[0]?.kind !== 'sign' || this.#tokens[0].text !== sign) return false;
    this.#tokens.shift();
    return true;
  }

  #or(): unknown {
    let value = this.#and();
    while (this.#take('||')) {
      const right = this.#and();
      value = value === true || right === true;
    }
    return value;
  }

  #and(): unknown {
    let value = this.#compared();
    while (this.#take('&&')) {
      const right = this.#compared();
      value = value === true && right === true;
    }
    return value;
  }

  #compared(): unknown {
    const left = this.#path();
    for (const sign of ['==', '!=', '>=', '<=', '>', '<']) {
      if (!this.#take(sign)) continue;
      const right = this.#path();
      if (sign === '==') return left === right;
      if (sign === '!=') return left !== right;
      if (typeof left !== 'number' || typeof right !== 'number')
        throw new TypeError(`${sign} compares numbers`);
      if (sign === '>=') return left >= right;
      if (sign === '<=') return left <= right;
      return sign === '>' ? left > right : left < right;
    }
    return left;
  }

  #path(): unknown {
    if (this.#take('(')) {
      const value = this.#or();
      if (!this.#take(')')) throw new SyntaxError('no )');
      return value;
    }
    const token = this.#tokens.shift();
    if (token === undefined || token.kind === 'sign') throw new SyntaxError(`a value, not ${token?.text}`);
    let value: unknown = token.kind === 'literal' ? token.value : this.#scope[token.text];
    for (;;) {
      if (this.#take('.')) value = member(value, this.#tokens.shift()?.text ?? '');
      else if (this.#take('[')) {
        value = member(value, String(this.#tokens.shift()?.value));
        if (!this.#take(']')) throw new SyntaxError('no ]');
      } else return value;
    }
  }
}

/** As expr-lang does it: a member of nothing is an error, a member that is not there is nothing. */
function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) throw new TypeError(`${name} of ${String(value)}`);
  return (value as Record<string, unknown>)[name] ?? null;
}

export function evaluate(source: string, scope: Readonly<Record<string, unknown>>): unknown {
  return new Evaluation(source, scope).whole();
}

/** Kubernetes' JSONPath, as far as `{$.a.b[0]}`; throws where there is no such path. */
export function jsonPath(path: string, value: unknown): unknown {
  const inner = /^\{\$?(?<steps>(?:\.\w+|\[\d+\])+)\}$/.exec(path)?.groups?.['steps'];
  if (inner === undefined) throw new SyntaxError(`${path} is no path`);
  let at = value;
  for (const [, name, index] of inner.matchAll(/\.(\w+)|\[(\d+)\]/g)) {
    const key = name ?? index ?? '';
    if (typeof at !== 'object' || at === null || !(key in at))
      throw new Error(`${path}: ${key} is not found`);
    at = (at as Record<string, unknown>)[key];
  }
  return at;
}
