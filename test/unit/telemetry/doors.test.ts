import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';

/** Names of the packages that are loaded with the module, in a process of its own. */
function packagesOf(module: string): string[] {
  const program = `
    import { registerHooks } from 'node:module';
    const packages = new Set();
    registerHooks({
      resolve(specifier, context, next) {
        const resolved = next(specifier, context);
        const name = /\\/node_modules\\/((?:@[^/]+\\/)?[^/]+)\\/(?!.*\\/node_modules\\/)/.exec(resolved.url);
        if (name !== null) packages.add(name[1]);
        return resolved;
      },
    });
    await import(${JSON.stringify(new URL(`../../../src/telemetry/${module}`, import.meta.url).href)});
    console.log(JSON.stringify([...packages].sort()));
  `;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return JSON.parse(stdout) as string[];
}

describe('the doors of telemetry', () => {
  test('load no package into a data thread', () => {
    expect(packagesOf('index.ts')).toEqual([]);
  });

  test('load no OpenTelemetry into the control thread before there is a span to export', () => {
    const packages = packagesOf('control.ts');
    expect(packages).toContain('prom-client');
    expect(packages).toContain('pino');
    // prom-client itself loads the API, which is small, for its exemplars.
    expect(packages.filter((name) => name.startsWith('@opentelemetry/'))).toEqual(['@opentelemetry/api']);
    expect(packages).not.toContain('@grpc/grpc-js');
  });
});
