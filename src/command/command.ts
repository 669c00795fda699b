/** What a sub-command is: its words for the help, its options, and what it does. */

export interface OptionSpec {
  /** One letter, usable as `-c`. */
  readonly short?: string;
  /** Name of its value in the help, such as `<file>`; without one the option is a switch. */
  readonly value?: string;
  /** May be given more than once. */
  readonly repeated?: boolean;
  readonly description: string;
}

export interface Command {
  readonly name: string;
  /** One line. */
  readonly summary: string;
  /** Behind `meshlock `, one per line. */
  readonly usage: readonly string[];
  /** By long name without dashes. `help` is added to every command. */
  readonly options: Readonly<Record<string, OptionSpec>>;
  /** Words that may follow, such as the topic of `help`; 0 for most. */
  readonly maxPositionals: number;
  readonly examples: readonly { readonly command: string; readonly does: string }[];
  /** Returns the exit code: 0, 1 failed, 2 bad usage or configuration, 3 not known yet. Throws MeshlockError for the same. */
  run(invocation: Invocation, output: Output): Promise<number>;
}

export interface Invocation {
  /** Values of the options that have one, in the order given. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  /** Switches that were given. */
  readonly switches: ReadonlySet<string>;
  readonly positionals: readonly string[];
}

/** Where a command writes; a test collects it. Each text ends with a newline. */
export interface Output {
  out(text: string): void;
  err(text: string): void;
}

/** The value of an option that may be given once; `undefined` when it was not. */
export function valueOf(invocation: Invocation, option: string): string | undefined {
  return invocation.values.get(option)?.[0];
}
