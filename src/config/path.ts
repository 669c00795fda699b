/** Paths into a configuration, and walking one whose shape is not known to be right. */

export type Path = readonly (string | number)[];

/** `listeners[0].routes[2].match`; a key with other characters is quoted: `set["x-a"]`. */
export function formatPath(path: Path): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (!/^[A-Za-z_$][\w$]*$/.test(step)) text += `[${JSON.stringify(step)}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}

/** A value and where it is. Steps to what is not there lead to a place with an undefined value. */
export class Place {
  readonly value: unknown;
  readonly path: Path;

  constructor(value: unknown, path: Path = []) {
    this.value = value;
    this.path = path;
  }

  /** Of a mapping. */
  at(key: string): Place {
    const mapping = this.#mapping;
    return new Place(Object.hasOwn(mapping, key) ? mapping[key] : undefined, [...this.path, key]);
  }

  /** Of a list; anything else has none. */
  items(): Place[] {
    return Array.isArray(this.value)
      ? this.value.map((item, index) => new Place(item, [...this.path, index]))
      : [];
  }

  /** Of a mapping; anything else has none. */
  keys(): string[] {
    return Object.keys(this.#mapping);
  }

  get text(): string | undefined {
    return typeof this.value === 'string' ? this.value : undefined;
  }

  get #mapping(): Readonly<Record<string, unknown>> {
    const isMapping = typeof this.value === 'object' && this.value !== null && !Array.isArray(this.value);
    return isMapping ? (this.value as Readonly<Record<string, unknown>>) : {};
  }
}

/** Follows the path as far as it goes. */
export function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}

/** Writes into a mapping or list that is there. */
export function setAt(root: unknown, path: Path, value: unknown): void {
  const last = path.at(-1);
  const owner = valueAt(root, path.slice(0, -1));
  if (last === undefined || typeof owner !== 'object' || owner === null) return;
  (owner as Record<string | number, unknown>)[last] = value;
}
