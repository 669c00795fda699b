/** Where the room says what happened; the program that is watched decides where it goes. */
export interface HolmesLog {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

export const silentLog: HolmesLog = { info() {}, warn() {} };
