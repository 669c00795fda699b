/** Takes values out of a section of settings, one by one, and notes what is wrong: a value, or a key that nobody knows. */

interface Range {
  readonly min: number;
  readonly max: number;
  /** Must be a multiple of it. */
  readonly step?: number;
}

const durationUnits: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const sizeUnits: Readonly<Record<string, number>> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

export class SettingsReader {
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #path: string;
  readonly #problems: string[];
  readonly #known = new Set<string>();

  constructor(value: unknown, path: string, problems: string[]) {
    const isSection = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (!isSection) problems.push(`${path === '' ? 'the settings' : path} must be a section with keys`);
    this.#fields = isSection ? (value as Record<string, unknown>) : {};
    this.#path = path;
    this.#problems = problems;
  }

  section(key: string): SettingsReader {
    return new SettingsReader(this.#take(key) ?? {}, this.#at(key), this.#problems);
  }

  /** A list of sections. */
  sections(key: string, most: number): readonly SettingsReader[] {
    const value = this.#read<readonly unknown[]>(key, [], `a list of at most ${most} sections`, (list) =>
      Array.isArray(list) && list.length <= most ? (list as readonly unknown[]) : undefined,
    );
    return value.map((one, index) => new SettingsReader(one, `${this.#at(key)}[${index}]`, this.#problems));
  }

  whole(key: string, fallback: number, { min, max }: Range): number {
    return this.#read(key, fallback, `a whole number from ${min} to ${max}`, (value) =>
      Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max
        ? (value as number)
        : undefined,
    );
  }

  /** Above 0 and below or at 1: `0.05` or `5%`. */
  share(key: string, fallback: number): number {
    return this.#read(key, fallback, 'a share above 0 % and up to 100 %, such as 5% or 0.05', (value) => {
      const [, percent] = /^(\d{1,3}(?:\.\d+)?)%$/.exec(String(value)) ?? [];
      const share = percent === undefined ? value : Number(percent) / 100;
      return typeof share === 'number' && share > 0 && share <= 1 ? share : undefined;
    });
  }

  /** In milliseconds. */
  duration(key: string, fallback: number, range: Range): number {
    const { min, max, step = 1 } = range;
    const unit = step === 1 ? '' : `, in steps of ${step / 1000}s`;
    const expected = `a duration from ${min / 1000}s to ${max / 1000}s, such as 15s or 10m${unit}`;
    return this.#read(key, fallback, expected, (value) => inRange(amount(value, durationUnits), range));
  }

  /** In bytes. */
  size(key: string, fallback: number, range: Range): number {
    const expected = `a size from ${range.min}B to ${range.max}B, such as 256MiB`;
    return this.#read(key, fallback, expected, (value) => inRange(amount(value, sizeUnits), range));
  }

  text(key: string, fallback: string): string {
    return this.#read(key, fallback, 'a text of at most 4,096 characters', (value) =>
      typeof value === 'string' && value.length <= 4096 && !value.includes('\0') ? value : undefined,
    );
  }

  token(key: string, fallback: string): string {
    return this.#read(key, fallback, 'a token of at most 8,192 visible ASCII characters', (value) =>
      typeof value === 'string' && /^[\x21-\x7e]{0,8192}$/.test(value) ? value : undefined,
    );
  }

  /** Of http or https; a user and a password may be in it, and it is never quoted. */
  url(key: string, fallback: string): string {
    return this.#read(key, fallback, 'an http or https URL such as http://127.0.0.1:9090', (value) => {
      const url = typeof value === 'string' && value.length <= 4096 ? URL.parse(value) : null;
      return url !== null && /^https?:$/.test(url.protocol) ? String(value) : undefined;
    });
  }

  flag(key: string, fallback: boolean): boolean {
    return this.#read(key, fallback, 'true or false', (value) =>
      typeof value === 'boolean' ? value : undefined,
    );
  }

  oneOf<T extends string>(key: string, fallback: T, words: readonly T[]): T {
    return this.#read(key, fallback, `one of ${words.join(', ')}`, (value) =>
      words.find((word) => word === value),
    );
  }

  /** `127.0.0.1:9921`, `[::1]:9921`. */
  address(
    key: string,
    fallback: { readonly host: string; readonly port: number },
  ): { readonly host: string; readonly port: number } {
    return this.#read(key, fallback, 'an address such as 127.0.0.1:9921', (value) => {
      const [, inBrackets, name, digits] =
        /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]]+)):(\d{1,5})$/.exec(String(value)) ?? [];
      const host = inBrackets ?? name;
      const port = Number(digits);
      return host !== undefined && port <= 65_535 ? { host, port } : undefined;
    });
  }

  /** What is wrong with the section as a whole. */
  problem(words: string): void {
    this.#problems.push(`${this.#path} ${words}`);
  }

  /** Everything was asked for: what is left over is a mistake. */
  end(): void {
    for (const key of Object.keys(this.#fields)) {
      if (this.#known.has(key)) continue;
      this.#problems.push(`${this.#at(key)} is not known; there are ${[...this.#known].join(', ')}`);
    }
  }

  #read<T>(key: string, fallback: T, expected: string, read: (value: unknown) => T | undefined): T {
    const value = this.#take(key);
    if (value === undefined || value === null) return fallback;
    const result = read(value);
    if (result === undefined) this.#problems.push(`${this.#at(key)} must be ${expected}`);
    return result ?? fallback;
  }

  #take(key: string): unknown {
    this.#known.add(key);
    return Object.hasOwn(this.#fields, key) ? this.#fields[key] : undefined;
  }

  #at(key: string): string {
    return this.#path === '' ? key : `${this.#path}.${key}`;
  }
}

function amount(value: unknown, units: Readonly<Record<string, number>>): number {
  const [, digits, unit = ''] = /^(\d{1,15}(?:\.\d{1,6})?)([A-Za-z]+)$/.exec(String(value)) ?? [];
  const factor = Object.hasOwn(units, unit) ? units[unit] : undefined;
  return digits === undefined || factor === undefined ? Number.NaN : Number(digits) * factor;
}

/** NaN is in no range. */
function inRange(value: number, { min, max, step = 1 }: Range): number | undefined {
  return value >= min && value <= max && value % step === 0 ? value : undefined;
}
