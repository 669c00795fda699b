import { describe, expect, test } from 'vitest';
import { SettingsError } from '../../../holmes/monitor/view.ts';
import { RuleName } from '../../../holmes/rule/rule.ts';
import { applyChange, parseChange, settingsAsJson } from '../../../holmes/settings-change.ts';
import { defaultSettings, type Settings, type SettingsChange } from '../../../holmes/settings.ts';

const none = Number.POSITIVE_INFINITY;
const pyroscope = {
  url: 'http://pyroscope:4040',
  application: 'cart',
  token: 's3cret-token',
  timeoutMs: 5000,
};
const pushed: Settings = { ...defaultSettings, pyroscope };

function problemsOf(run: () => unknown): readonly string[] {
  try {
    run();
  } catch (cause) {
    if (!(cause instanceof SettingsError)) throw cause;
    return cause.problems.map(({ path, expected, got }) => `${path}: ${expected} | ${got}`);
  }
  throw new Error('it was accepted');
}

function problemsOfChange(change: unknown, settings: Settings = defaultSettings): readonly string[] {
  return problemsOf(() => applyChange(settings, change as SettingsChange));
}

describe('applyChange', () => {
  test('changes nothing for an empty change, and never what it was given', () => {
    const before = structuredClone(defaultSettings);
    expect(applyChange(defaultSettings, {})).toEqual(before);
    applyChange(defaultSettings, { intervalMs: 100, rules: { cpu: { min: 0.2 } }, limits: { maxCount: 1 } });
    expect(defaultSettings).toEqual(before);
  });

  test('changes what is named and leaves the rest', () => {
    const change: SettingsChange = {
      intervalMs: 1000,
      rules: { cpu: { min: 0.2, abs: none }, handles: { enabled: false } },
      maxCpu: none,
      stall: { afterMs: 1000 },
      recorder: { intervalUs: 1000 },
      limits: { maxCount: 10 },
      maxCapturesPerMinute: 0,
      pyroscope,
    };
    expect(applyChange(defaultSettings, change)).toEqual({
      ...defaultSettings,
      ...change,
      rules: {
        ...defaultSettings.rules,
        cpu: { ...defaultSettings.rules.cpu, min: 0.2, abs: none },
        handles: { ...defaultSettings.rules.handles, enabled: false },
      },
      stall: { ...defaultSettings.stall, afterMs: 1000 },
      recorder: { ...defaultSettings.recorder, intervalUs: 1000 },
      limits: { ...defaultSettings.limits, maxCount: 10 },
    });
  });

  test('takes what is undefined for not given', () => {
    const change = { intervalMs: undefined, rules: { cpu: undefined, heap: { min: undefined } } };
    expect(applyChange(defaultSettings, change as unknown as SettingsChange)).toEqual(defaultSettings);
  });

  test('puts memory levels in order, each once', () => {
    const { nearOutOfMemory } = applyChange(defaultSettings, { nearOutOfMemory: [0.9, 0.5, 0.9] });
    expect(nearOutOfMemory).toEqual([0.5, 0.9]);
    expect(applyChange(defaultSettings, { nearOutOfMemory: [] }).nearOutOfMemory).toEqual([]);
  });

  test.each<[string, SettingsChange]>([
    ['intervalMs', { intervalMs: 99 }],
    ['intervalMs', { intervalMs: 3_600_001 }],
    ['intervalMs', { intervalMs: 100.5 }],
    ['intervalMs', { intervalMs: Number.NaN }],
    ['intervalMs', { intervalMs: none }],
    ['maxCpu', { maxCpu: 95 }],
    ['maxCapturesPerMinute', { maxCapturesPerMinute: -1 }],
    ['maxCapturesPerMinute', { maxCapturesPerMinute: 1001 }],
    ['nearOutOfMemory', { nearOutOfMemory: [0] }],
    ['nearOutOfMemory', { nearOutOfMemory: [0.7, 1.1] }],
    ['nearOutOfMemory', { nearOutOfMemory: Array.from({ length: 11 }, (_, n) => (n + 1) / 20) }],
    ['rules.cpu.min', { rules: { cpu: { min: 10 } } }],
    ['rules.cpu.min', { rules: { cpu: { min: -0.1 } } }],
    ['rules.cpu.min', { rules: { cpu: { min: none } } }],
    ['rules.cpu.diff', { rules: { cpu: { diff: -1 } } }],
    ['rules.cpu.diff', { rules: { cpu: { diff: 1001 } } }],
    ['rules.cpu.cooldownMs', { rules: { cpu: { cooldownMs: -1 } } }],
    ['rules.cpu.cooldownMs', { rules: { cpu: { cooldownMs: none } } }],
    ['rules.event_loop_delay.min', { rules: { event_loop_delay: { min: -1 } } }],
    ['stall.afterMs', { stall: { afterMs: 100 } }],
    ['recorder.intervalUs', { recorder: { intervalUs: 999 } }],
    ['recorder.intervalUs', { recorder: { intervalUs: 1_000_001 } }],
    ['recorder.windowMs', { recorder: { windowMs: 999 } }],
    ['recorder.windowMs', { recorder: { windowMs: 300_001 } }],
    ['recorder.beforeMs', { recorder: { beforeMs: -1 } }],
    ['limits.maxBytes', { limits: { maxBytes: 0 } }],
    ['limits.maxBytes', { limits: { maxBytes: none } }],
    ['limits.maxCount', { limits: { maxCount: 0 } }],
    ['limits.maxAgeMs', { limits: { maxAgeMs: -5 } }],
    ['pyroscope.url', { pyroscope: { ...pyroscope, url: 'ftp://pyroscope' } }],
    ['pyroscope.url', { pyroscope: { ...pyroscope, url: 'pyroscope:4040' } }],
    ['pyroscope.application', { pyroscope: { ...pyroscope, application: ' ' } }],
    ['pyroscope.token', { pyroscope: { ...pyroscope, token: 'a\r\nX-Other: b' } }],
    ['pyroscope.timeoutMs', { pyroscope: { ...pyroscope, timeoutMs: 0 } }],
  ])('refuses %s out of its range (case %#)', (path, change) => {
    const problems = problemsOfChange(change);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.startsWith(`${path}: `), problems[0]).toBe(true);
  });

  test.each<SettingsChange>([
    { intervalMs: 100 },
    { intervalMs: 3_600_000 },
    { rules: { cpu: { min: 0, diff: none, abs: none, max: none, cooldownMs: 0 } } },
    { rules: { handles: { min: 1e6, abs: 1e7, max: 1e8 } } },
    { rules: { heap: { min: 0.5, abs: 0.5, max: 0.5 } } },
    { recorder: { intervalUs: 1000, windowMs: 300_000 } },
    { recorder: { intervalUs: 1_000_000, windowMs: 1000 } },
    { maxCpu: 0 },
    { pyroscope: { ...pyroscope, token: '' } },
    { pyroscope: null },
  ])('accepts what is just within its range (case %#)', (change) => {
    expect(() => applyChange(defaultSettings, change)).not.toThrow();
  });

  test('keeps min, abs and max in order, also where only one of them is changed', () => {
    expect(problemsOfChange({ rules: { cpu: { min: 0.8 } } })).toEqual([
      'rules.cpu.abs: at least min, which is 0.8 | 0.7',
    ]);
    expect(problemsOfChange({ rules: { heap: { max: 0.5 } } })).toEqual([
      'rules.heap.max: at least abs, which is 0.6 | 0.5',
    ]);
    expect(problemsOfChange({ rules: { heap: { abs: none, max: 0.05 } } })).toEqual([
      'rules.heap.max: at least min, which is 0.1 | 0.05',
    ]);
    // Without abs the rule goes by growth alone, up to max.
    expect(applyChange(defaultSettings, { rules: { heap: { abs: none } } }).rules.heap.max).toBe(0.95);
  });

  test('names every problem of a change at once', () => {
    const change = {
      intervallMs: 1000,
      intervalMs: '5s',
      rules: { cpu: { min: 0.9, mim: 1 }, heep: {}, gc: 3, heap: { min: 'a lot', max: 0.01 } },
      limits: { maxBytes: null },
      colour: 'red',
    };
    expect(problemsOfChange(change)).toEqual([
      'intervallMs: a known name; did you mean intervalMs? | "intervallMs"',
      'intervalMs: a whole number from 100 to 3,600,000 | "5s"',
      'rules.cpu.mim: a known name; did you mean min? | "mim"',
      'rules.heep: a known name; did you mean heap? | "heep"',
      'rules.gc: an object | 3',
      'rules.heap.min: a share from 0 to 1 (80 % is 0.8) | "a lot"',
      'limits.maxBytes: a whole number from 1 to 9,007,199,254,740,991 | null',
      'colour: one of intervalMs, rules, maxCpu, stall, nearOutOfMemory, recorder, limits, maxCapturesPerMinute, pyroscope | "colour"',
      'rules.cpu.abs: at least min, which is 0.9 | 0.7',
      'rules.heap.max: at least min, which is 0.1 | 0.01',
    ]);
  });

  test('says the problems in one line for people', () => {
    expect(() => applyChange(defaultSettings, { maxCpu: 95 })).toThrow(
      'maxCpu: expected a share from 0 to 1 (80 % is 0.8), or none (null in JSON), got 95',
    );
  });

  test('asks for all of Pyroscope or nothing of it', () => {
    expect(problemsOfChange({ pyroscope: { url: 'http://pyroscope:4040' } })).toEqual([
      'pyroscope.application: a name of 1 to 200 characters | nothing',
      expect.stringMatching(/^pyroscope\.token: .* \| nothing$/),
      'pyroscope.timeoutMs: a whole number from 100 to 60,000 | nothing',
    ]);
  });

  test('never repeats a secret', () => {
    const secrets = { url: 'http://user:hunter2@pyroscope:4040', token: 'hunter2 with blanks' };
    const problems = problemsOfChange({ pyroscope: { ...pyroscope, ...secrets } });
    expect(problems).toHaveLength(2);
    expect(problems.join()).not.toContain('hunter2');
  });

  test('keeps the token when the hidden one is given back, but not for another receiver', () => {
    const hidden = { ...pyroscope, token: '[hidden]' };
    expect(applyChange(pushed, { pyroscope: { ...hidden, timeoutMs: 7000 } }).pyroscope).toEqual({
      ...pyroscope,
      timeoutMs: 7000,
    });
    const expected = ['pyroscope.token: the token for this URL | the hidden one of another URL'];
    expect(problemsOfChange({ pyroscope: { ...hidden, url: 'http://elsewhere' } }, pushed)).toEqual(expected);
    expect(problemsOfChange({ pyroscope: hidden })).toEqual(expected);
  });

  test('answers a flood of mistakes with a bounded number of problems', () => {
    const flood = Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`key${n}`.repeat(100), n]));
    const problems = problemsOfChange(flood);
    expect(problems).toHaveLength(50);
    expect(problems.join().length).toBeLessThan(50_000);
  });
});

describe('parseChange', () => {
  test('reads JSON, with null for no limit', () => {
    const text = '{"rules":{"cpu":{"abs":null,"max":null,"diff":null}},"maxCpu":null,"pyroscope":null}';
    expect(parseChange(JSON.parse(text))).toEqual({
      rules: { cpu: { abs: none, max: none, diff: none } },
      maxCpu: none,
      pyroscope: null,
    });
  });

  test.each([null, undefined, 5, 'intervalMs', [], [{}], true])('refuses %j', (input) => {
    expect(problemsOf(() => parseChange(input))[0]).toMatch(/^settings: an object \| /);
  });

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'takes %s for the unknown name that it is',
    (name) => {
      const input: unknown = JSON.parse(`{"${name}":{"polluted":true},"rules":{"${name}":{}}}`);
      expect(problemsOf(() => parseChange(input))).toHaveLength(2);
      expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    },
  );

  test('finds wrong types everywhere', () => {
    for (const wrong of ['x', [], {}, true, () => 1]) {
      const input = {
        intervalMs: wrong,
        stall: { afterMs: wrong },
        rules: { cpu: { min: wrong, abs: wrong } },
      };
      expect(problemsOf(() => parseChange(input))).toHaveLength(4);
    }
    expect(problemsOf(() => parseChange({ rules: { cpu: { enabled: 'yes' } } }))).toEqual([
      'rules.cpu.enabled: true or false | "yes"',
    ]);
  });

  test('gives back what applyChange then takes', () => {
    const change = parseChange({ rules: { cpu: { min: 0.9 } } });
    expect(problemsOfChange(change)).toEqual(['rules.cpu.abs: at least min, which is 0.9 | 0.7']);
  });
});

describe('settingsAsJson', () => {
  test('can be written as JSON, read back and applied without a difference', () => {
    const text = JSON.stringify(settingsAsJson(pushed));
    expect(text).toContain('"max":null');
    expect(applyChange(pushed, parseChange(JSON.parse(text)))).toEqual(pushed);
  });

  test('shows every setting', () => {
    const shown = settingsAsJson(defaultSettings) as Record<string, unknown>;
    expect(Object.keys(shown).sort()).toEqual(Object.keys(defaultSettings).sort());
    expect(Object.keys(shown['rules'] as object)).toEqual([...RuleName]);
  });

  test('shows no secret, and reads back all the same', () => {
    const withPassword: Settings = {
      ...pushed,
      pyroscope: { ...pyroscope, url: 'http://user:hunter2@pyroscope:4040/' },
    };
    const text = JSON.stringify(settingsAsJson(withPassword));
    expect(text).not.toContain('s3cret');
    expect(text).not.toContain('hunter2');
    expect(applyChange(withPassword, parseChange(JSON.parse(text)))).toEqual(withPassword);
    const withoutToken: Settings = { ...pushed, pyroscope: { ...pyroscope, token: '' } };
    expect(settingsAsJson(withoutToken)).toMatchObject({ pyroscope: { token: '' } });
  });
});
