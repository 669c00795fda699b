import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type HolmesConfig, redactConfig } from '../../../src/config/index.ts';
import { linesOf, parse } from './parsing.ts';

function holmes(text: string): HolmesConfig {
  return parse(`holmes: ${text}`).holmes;
}

const none = Number.POSITIVE_INFINITY;

describe('the section holmes', () => {
  test('watches with defaults when nothing is said', () => {
    expect(parse('{}').holmes).toEqual(holmes('true'));
    expect(holmes('{}')).toMatchObject({
      enabled: true,
      directory: null,
      intervalMs: 5000,
      rules: { cpu: { enabled: true, min: 0.1, diff: 0.25, abs: 0.7, max: none, cooldownMs: 60_000 } },
      pyroscope: null,
    });
  });

  test('is switched off by false, with everything else as it was', () => {
    expect(holmes('false')).toEqual({ ...holmes('true'), enabled: false });
  });

  test('takes each rule in the unit of its reading', () => {
    const { intervalMs, rules } = holmes(
      `
      interval: 2s
      cpu: { min: 20%, diff: 150%, abs: 80%, max: 0.99, cooldown: 90s }
      event_loop_delay: { min: 20ms, abs: 1s, max: 10s }
      external: { min: 1MiB, abs: 1GiB }
      handles: { min: 10, abs: 100, max: 1000, cooldown: 0 }`.replaceAll('\n      ', '\n  '),
    );
    expect(intervalMs).toBe(2000);
    expect(rules.cpu).toEqual({
      enabled: true,
      min: 0.2,
      diff: 1.5,
      abs: 0.8,
      max: 0.99,
      cooldownMs: 90_000,
    });
    expect(rules.event_loop_delay).toMatchObject({ min: 20, diff: 1, abs: 1000, max: 10_000 });
    expect(rules.external).toMatchObject({ min: 1_048_576, abs: 1_073_741_824, max: none });
    expect(rules.handles).toMatchObject({ min: 10, abs: 100, max: 1000, cooldownMs: 0 });
  });

  test('takes 0 as no limit, and false as no rule', () => {
    const { rules, stall } = holmes('{ cpu: { abs: 0 }, heap: { max: 0 }, gc: false, stall: false }');
    expect(rules.cpu.abs).toBe(none);
    expect(rules.heap.max).toBe(none);
    expect(rules.gc).toMatchObject({ enabled: false, min: 0.1 });
    expect(stall).toMatchObject({ enabled: false, afterMs: 300 });
  });

  test('takes the rest of it', () => {
    expect(
      holmes(`{ directory: /var/captures, max_cpu: 90%, max_captures_per_minute: 3, near_out_of_memory: [90%, 50%],
        stall: { after: 1s, cooldown: 5m },
        recorder: { frequency: 50, window: 60s, before: 20s, after: 2s, arm: 0 },
        retention: { max_bytes: 1GiB, max_count: 10, max_age: 24h } }`),
    ).toMatchObject({
      directory: '/var/captures',
      maxCpu: 0.9,
      maxCapturesPerMinute: 3,
      nearOutOfMemory: [0.5, 0.9],
      stall: { enabled: true, afterMs: 1000, cooldownMs: 300_000 },
      recorder: { intervalUs: 20_000, windowMs: 60_000, beforeMs: 20_000, afterMs: 2000, armMs: 0 },
      retention: { maxBytes: 1_073_741_824, maxCount: 10, maxAgeMs: 86_400_000 },
    });
  });

  test('has its folder relative to the directory of the file', () => {
    expect(parse('holmes: { directory: captures }', { baseDirectory: '/etc/mesh' }).holmes.directory).toBe(
      '/etc/mesh/captures',
    );
  });

  test.each([
    ['{ cpu: { min: 80% } }', 'holmes.cpu.min: expected no more than abs, 70%, got "80%"'],
    ['{ cpu: { abs: 5% } }', 'holmes.cpu.abs: expected no less than min, 10%, got "5%"'],
    ['{ cpu: { min: 50%, abs: 40% } }', 'holmes.cpu.abs: expected no less than min, got "40%"'],
    ['{ heap: { abs: 99% } }', 'holmes.heap.abs: expected no more than max, 95%, got "99%"'],
    ['{ cpu: { abs: 0, min: 50%, max: 40% } }', 'holmes.cpu.max: expected no less than min, got "40%"'],
    [
      '{ cpu: { diff: 25 } }',
      'holmes.cpu.diff: expected a growth such as 25% or 150%, got 25 (write 25% or 2500%)',
    ],
    [
      '{ cpu: { diff: "25" } }',
      'holmes.cpu.diff: expected a growth such as 25% or 150%, got "25" (write the unit: 25%)',
    ],
    ['{ event_loop_delay: { min: 20 } }', 'holmes.event_loop_delay.min: expected a duration such as 250ms'],
    ['{ cpu: 20% }', 'holmes.cpu: expected true, false or a mapping, got "20%"'],
    ['{ cpus: {} }', 'holmes.cpus: expected a known key, got unknown key "cpus" (did you mean cpu?)'],
    [
      '{ recorder: { window: 6m } }',
      'holmes.recorder.window: expected a duration of at least 1000ms and at most 300s',
    ],
    [
      '{ recorder: { frequency: 5 } }',
      'holmes.recorder.frequency: expected a whole number between 10 and 1000',
    ],
    ['{ near_out_of_memory: [0] }', 'holmes.near_out_of_memory[0]: expected a ratio above 0'],
    ['{ pyroscope: {} }', 'holmes.pyroscope.url: expected a URL such as http://pyroscope:4040, got nothing'],
    ['{ pyroscope: { url: "pyroscope:4040" } }', '(put http:// in front)'],
  ])('refuses %s', (text, line) => {
    const lines = linesOf(`holmes: ${text}`);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(line);
  });

  test('names what is pushed after the service, unless it says', () => {
    const push = 'pyroscope: { url: "http://pyroscope:4040/" }';
    const { pyroscope } = parse(`{ node: { service: cart }, holmes: { ${push} } }`).holmes;
    expect(pyroscope).toEqual({
      url: 'http://pyroscope:4040',
      application: 'cart',
      token: '',
      timeoutMs: 10_000,
    });
    expect(holmes('{ pyroscope: { url: "https://p/base", application: shop } }').pyroscope).toMatchObject({
      url: 'https://p/base',
      application: 'shop',
    });
  });

  test('reads the token from its file, and never shows it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'meshlock-holmes-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'token'), 's3cret\n');
    const config = parse('holmes: { pyroscope: { url: "http://p:4040", token_file: token } }', {
      baseDirectory: folder,
    });
    expect(config.holmes.pyroscope?.token).toBe('s3cret');
    expect(JSON.stringify(redactConfig(config))).not.toContain('s3cret');
    expect(redactConfig(config)).toMatchObject({ holmes: { pyroscope: { token: '[redacted]' } } });
    const [missing = ''] = linesOf('holmes: { pyroscope: { url: "http://p:4040", token_file: none } }', {
      baseDirectory: folder,
    });
    expect(missing).toContain('holmes.pyroscope.token_file: expected a file that can be read');
    const [userinfo = ''] = linesOf('holmes: { pyroscope: { url: "http://me:s3cret@p:4040" } }');
    expect(userinfo).toContain('without user and password');
    expect(userinfo).not.toContain('s3cret');
  });
});
