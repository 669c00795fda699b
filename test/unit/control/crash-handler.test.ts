import { execFile } from 'node:child_process';
import { describe, expect, test } from 'vitest';

const handler = new URL('../../../src/control/crash-handler.ts', import.meta.url).href;

/** Runs `code` in a process with the handler and a log that prints. */
function crash(code: string): Promise<{ exit: number; output: string }> {
  const script = `
    import { installCrashHandler } from '${handler}';
    installCrashHandler({
      log: { fatal: (message, fields) => console.log(message, fields.origin, fields.stack?.split('\\n').length > 1) },
      end: () => process.exit(1),
    });
    setInterval(() => {}, 1000);
    ${code}`;
  return new Promise((resolve) => {
    execFile(process.execPath, ['--input-type=module', '-e', script], (error, stdout, stderr) => {
      resolve({ exit: typeof error?.code === 'number' ? error.code : 0, output: stdout + stderr });
    });
  });
}

describe('crash handler', () => {
  test('logs an unhandled rejection as fatal with its stack and ends the process', async () => {
    expect(await crash('Promise.reject(new RangeError("out of luck"))')).toEqual({
      exit: 1,
      output: 'the control thread failed: RangeError: out of luck unhandledRejection true\n',
    });
  });

  test('does the same for an uncaught exception, and for what is no error', async () => {
    expect(await crash('setTimeout(() => { throw new TypeError("no"); })')).toEqual({
      exit: 1,
      output: 'the control thread failed: TypeError: no uncaughtException true\n',
    });
    expect(await crash('setTimeout(() => { throw "text"; })')).toEqual({
      exit: 1,
      output: 'the control thread failed: text uncaughtException false\n',
    });
  });
});
