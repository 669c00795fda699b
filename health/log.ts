/** Where the room says what happened; the program that uses it decides where it goes. */
export interface HealthLog {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

export const silentLog: HealthLog = { info() {}, warn() {} };
