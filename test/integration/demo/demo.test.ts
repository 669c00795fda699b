/**
 * The demonstration as a person runs it. What it tells is real: these stories can fail, and then say what was not seen.
 */
import { spawnSync } from 'node:child_process';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Demonstration, running } from './demonstration.ts';

/** A busy machine takes its time to start a dozen processes. */
const patienceMs = 120_000;
const hasPrometheus = isInstalled('prometheus');
const hasAlertmanager = hasPrometheus && isInstalled('prometheus-alertmanager');

function isInstalled(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;
}

async function start(words: readonly string[], path?: string): Promise<Demonstration> {
  const demonstration = await Demonstration.start(words, path);
  onTestFinished(() => demonstration.dispose());
  return demonstration;
}

describe('the demonstration', () => {
  test('names function, file and line of a filter that burns the CPU, and ends by itself', {
    timeout: patienceMs,
  }, async () => {
    const demonstration = await start(['--fault', 'cpu', '--once']);
    const code = await demonstration.exit;

    const { text, output } = demonstration;
    expect(text).toMatch(
      / 0\.0 s FAULT node cart-1 gets a filter that checks a name with a regular expression/,
    );
    expect(text).toMatch(/ s holmes cart-1, data-1: \S/);
    expect(text).toMatch(
      / s capture \d{8}T\d{6}\.\d{3}Z-data-1-cpu \(rule \w+\): data thread 1 .* examples\/culprits\/regular-expression\.ts:6, in function isDisplayName \(filter culprit\)/,
    );
    expect(text).toMatch(/ s flame graph [1-9]\d* bytes to draw: http:\/\/127\.0\.0\.1:\d+\/speedscope\//);
    if (hasPrometheus) expect(text).toMatch(/ s Prometheus MeshlockCaptureTaken fires: /);
    if (hasAlertmanager) expect(text).toMatch(/ s Alertmanager you are paged/);
    expect(text).toMatch(/ CULPRIT cart-1: data thread 1 .* isDisplayName/);
    expect(text, output).not.toContain('NOT SEEN');
    expect(code, output).toBe(0);
    expect(await demonstration.leftovers()).toEqual([]);
  });

  test('tells of an upstream that fails, goes on, and leaves nothing behind when it is interrupted', {
    timeout: patienceMs,
  }, async () => {
    const demonstration = await start(['--fault', 'upstream']);
    await demonstration.says(/it goes on until Ctrl-C/, patienceMs);

    const { text, output } = demonstration;
    expect(text).toMatch(/ s web-1 ejects cart-1 /);
    expect(text).toMatch(/ s web-1 component clusters is degraded: next: 1 of 2 endpoints/);
    expect(text).toMatch(/ s cart-1 active checks of its application, \S+ fail/);
    expect(text).toMatch(/ s callers \d+ calls since the ejection, none failed/);
    expect(text).toMatch(/ CULPRIT node cart-1 fails .* and its proxy is innocent of it/);
    expect(text, output).not.toContain('NOT SEEN');

    const processes = await demonstration.processes();
    // Three nodes with their applications, and the aggregator; Prometheus and Alertmanager where they are.
    expect(processes.size).toBe(7 + Number(hasPrometheus) + Number(hasAlertmanager));
    demonstration.interrupt();
    expect(await demonstration.exit, output).toBe(0);
    const left = (await running()).filter(([pid, , command]) => processes.get(pid) === command);
    expect(left).toEqual([]);
    expect(await demonstration.leftovers()).toEqual([]);
  });

  test('does without Prometheus, reports a process that ends early with its log, and ends with 1', {
    timeout: patienceMs,
  }, async () => {
    const demonstration = await start([], '/nowhere');
    await demonstration.says(/it goes on until Ctrl-C/, patienceMs);
    expect(demonstration.text).toContain('Prometheus is not installed (Debian: prometheus): no alerts');
    const victim = [...(await demonstration.processes())].find(([, command]) =>
      command.includes('cart-2.yaml'),
    );
    process.kill(victim?.[0] ?? 0, 'SIGKILL');
    expect(await demonstration.exit).toBe(1);
    expect(demonstration.text).toContain('node cart-2 has ended by itself. The last of its log:');
    expect(await demonstration.leftovers()).toEqual([]);
  });

  test('does not go on starting when it is interrupted meanwhile', { timeout: patienceMs }, async () => {
    const demonstration = await start([]);
    await demonstration.says(/starting the mesh/, patienceMs);
    demonstration.interrupt();
    expect(await demonstration.exit, demonstration.output).toBe(0);
    expect(demonstration.text.trim()).toMatch(/^starting the mesh, .* ending \.\.\.$/);
    expect(await demonstration.leftovers()).toEqual([]);
  });

  test('explains itself, and refuses what it does not understand with 2', async () => {
    const help = await start(['--help']);
    expect(await help.exit).toBe(0);
    expect(help.output).toContain('--fault <fault>');
    const wrong = await start(['--fault', 'fire']);
    expect(await wrong.exit).toBe(2);
    expect(wrong.output).toContain('expected one of cpu, leak, upstream, release, got "fire"');
  });
});
