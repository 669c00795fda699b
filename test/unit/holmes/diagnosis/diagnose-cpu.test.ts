import { describe, expect, test } from 'vitest';
import { ProfileBaseline } from '../../../../holmes/baseline/profile-baseline.ts';
import type { DiagnosisContext } from '../../../../holmes/diagnosis/context.ts';
import { diagnoseCpu } from '../../../../holmes/diagnosis/diagnose.ts';
import { exampleCpuProfile, type SampleText } from '../profile/example-cpu-profile.ts';
import { exampleContext } from './example-context.ts';

const auditUrl = 'file:///srv/app/filters/user/audit.ts';
const auditSource: Readonly<Record<number, string>> = {
  28: '/** Whether a name may pass. */',
  29: 'export function audit(name: string): boolean {',
  30: '  const trimmed = name.trim();',
  31: '  return /^(\\w+\\s?)+$/.test(trimmed);',
  32: '}',
};
const audit = `audit ${auditUrl}:29`;
const handler = 'onRequest file:///srv/app/server.ts:10';
const idle = (ms: number): SampleText => ({ stack: ['(idle)'], ms });

function contextWith(changes: Partial<DiagnosisContext> = {}): DiagnosisContext {
  return exampleContext({
    sourceLine: (url, line) => (url === auditUrl ? (auditSource[line] ?? null) : null),
    fileName: (url) => (url === auditUrl ? 'filters/user/audit.ts' : null),
    ...changes,
  });
}

/** `ms` in all, in pieces of 10 ms. */
function pieces(sample: SampleText, ms: number): readonly SampleText[] {
  return Array.from({ length: ms / 10 }, () => sample);
}

function baselineOf(...samples: readonly SampleText[]): ProfileBaseline {
  const baseline = new ProfileBaseline();
  baseline.addCpu(exampleCpuProfile(samples));
  return baseline;
}

/** 20 functions with 2 % each. */
const spread = Array.from({ length: 20 }, (_, at) => ({
  stack: [handler, `step${at} file:///srv/app/step.ts:${at + 1}`],
  line: at + 1,
  ms: 100,
}));

describe('the diagnosis of CPU time', () => {
  const stuckInAudit = [...pieces({ stack: [handler, audit, 'RegExp: ^(\\w+\\s?)+$'] }, 4700), idle(300)];

  test('names the construct, the line and the function, and what was normal', () => {
    const baseline = baselineOf({ stack: [handler, audit, 'RegExp: ^(\\w+\\s?)+$'], ms: 60 }, idle(29_940));
    const diagnosis = diagnoseCpu(exampleCpuProfile(stuckInAudit), contextWith({ baseline }));
    expect(diagnosis.sentence).toBe(
      'data thread 2 spent 94 % of 5 s in the regular expression at filters/user/audit.ts:31, in function audit (baseline 0.2 %)',
    );
    expect(diagnosis.certainty).toBe('named');
    expect(diagnosis.suspects[0]).toEqual({
      place: { functionName: 'audit', file: 'filters/user/audit.ts', line: 31, url: auditUrl },
      construct: 'regular expression',
      share: 0.94,
      before: expect.closeTo(0.002),
      amount: 4700,
      owner: '',
    });
  });

  test('says whose code it is, and nothing of a baseline that is not there', () => {
    const context = contextWith({ ownerOf: (url) => (url === auditUrl ? 'filter audit' : '') });
    const { sentence, suspects } = diagnoseCpu(exampleCpuProfile(stuckInAudit), context);
    expect(sentence).toBe(
      'data thread 2 spent 94 % of 5 s in the regular expression at filters/user/audit.ts:31, in function audit (filter audit)',
    );
    expect(suspects[0]?.owner).toBe('filter audit');
  });

  test('of a stall says for how long', () => {
    const profile = exampleCpuProfile([idle(8000), ...pieces({ stack: [handler, audit], line: 31 }, 1500)]);
    const { sentence } = diagnoseCpu(profile, contextWith({ occasion: 'stall' }));
    expect(sentence).toBe(
      'data thread 2 was stuck for 1.5 s in the regular expression at filters/user/audit.ts:31, in function audit',
    );
  });

  test('does not take many short calls for a long one', () => {
    const profile = exampleCpuProfile([...pieces({ stack: [handler, audit], line: 31 }, 400), idle(600)]);
    const readings = { subject: 'data-2', times: [1], values: { event_loop_delay_max: [30] } };
    const { sentence } = diagnoseCpu(profile, contextWith({ occasion: 'event_loop_delay', readings }));
    expect(sentence).toContain('spent 40 % of 1 s');
  });

  test('charges a function of Node to its caller, at the line that a live stack shows', () => {
    const url = 'file:///srv/app/login.ts';
    const stack = [handler, `check ${url}:6`, 'pbkdf2Sync node:internal/crypto/pbkdf2:67', 'run'];
    const stacks = [
      {
        at: 0,
        frames: [
          { functionName: 'pbkdf2Sync', url: 'node:internal/crypto/pbkdf2', line: 70, column: 1 },
          { functionName: 'check', url, line: 9, column: 1 },
        ],
      },
    ];
    const { sentence } = diagnoseCpu(
      exampleCpuProfile([{ stack, ms: 900, line: 79 }, idle(100)]),
      contextWith({ stacks }),
    );
    expect(sentence).toBe(
      'data thread 2 spent 90 % of 1 s in the synchronous cryptography (pbkdf2Sync) at srv/app/login.ts:9, in function check',
    );
  });

  test('without stack and source names the line where the function begins', () => {
    const stack = ['render file:///srv/app/page.ts:6', 'readFileSync node:fs:473'];
    const { sentence } = diagnoseCpu(exampleCpuProfile([{ stack, ms: 500 }, idle(500)]), contextWith());
    expect(sentence).toBe(
      'data thread 2 spent 50 % of 1 s in the synchronous file access (readFileSync) at srv/app/page.ts:6, in function render',
    );
  });

  test('says of a thread that sleeps in the kernel that it waits', () => {
    const stack = [
      'build file:///srv/app/build.ts:6',
      'execSync node:child_process:900',
      'spawnSync node:child_process:800',
      'spawn',
    ];
    const kernel = { kind: 'sleeping', waitChannel: 'do_epoll_wait', systemCall: '232' } as const;
    const { sentence, suspects } = diagnoseCpu(
      exampleCpuProfile([{ stack, ms: 900 }, idle(100)]),
      contextWith({ kernel }),
    );
    expect(sentence).toBe(
      'data thread 2 waited 90 % of 1 s for a child process (execSync) at srv/app/build.ts:6, in function build',
    );
    expect(suspects[0]?.construct).toBe('child process');
  });

  test('blames what grew, not what is always at the top', () => {
    const parse = { stack: [handler, 'parse file:///srv/app/parse.ts:5'], line: 6 };
    const baseline = baselineOf({ ...parse, ms: 15_000 }, idle(15_000));
    const profile = exampleCpuProfile([
      { ...parse, ms: 2500 },
      { stack: [handler, audit], line: 31, ms: 2000 },
      idle(500),
    ]);
    const { sentence, suspects } = diagnoseCpu(profile, contextWith({ baseline }));
    expect(sentence).toContain('spent 40 % of 5 s in the regular expression at filters/user/audit.ts:31');
    expect(suspects.map(({ place }) => place.functionName)).toEqual(['audit', 'parse']);
    expect(suspects[1]?.before).toBeCloseTo(0.5);
  });

  test('is unclear when nothing stands out, and says what was at the top', () => {
    const { certainty, sentence, suspects } = diagnoseCpu(
      exampleCpuProfile([...spread, idle(3000)]),
      contextWith(),
    );
    expect(certainty).toBe('unclear');
    expect(sentence).toBe(
      'data thread 2 was busy for 40 % of 5 s, but no place stands out: the most, 2 %, in step0() at srv/app/step.ts:1: unclear',
    );
    expect(suspects).toHaveLength(5);
  });

  test('is unclear when all is as always', () => {
    const profile = exampleCpuProfile(stuckInAudit);
    const baseline = baselineOf(...stuckInAudit);
    const { certainty, sentence } = diagnoseCpu(profile, contextWith({ baseline }));
    expect(certainty).toBe('unclear');
    expect(sentence).toContain('94 %, in audit() at filters/user/audit.ts:31 (baseline 94 %): unclear');
  });

  test('is unclear when there was no work, and says what the kernel says', () => {
    const kernel = { kind: 'starved', waitChannel: '', systemCall: '' } as const;
    const { certainty, sentence } = diagnoseCpu(
      exampleCpuProfile([idle(4990), { stack: [handler] }]),
      contextWith({ kernel }),
    );
    expect(certainty).toBe('unclear');
    expect(sentence).toBe(
      'data thread 2 was at work for 0.2 % of 5 s; it was ready to run and got no core: unclear',
    );
  });

  test('is unclear without samples', () => {
    const empty = { nodes: [], startTime: 0, endTime: 0, samples: [], timeDeltas: [] };
    const { certainty, sentence, suspects } = diagnoseCpu(empty, contextWith());
    expect({ certainty, sentence, suspects }).toEqual({
      certainty: 'unclear',
      sentence: 'data thread 2 gave a profile without samples: unclear',
      suspects: [],
    });
  });

  test('names the garbage collector, and who works beside it', () => {
    const profile = exampleCpuProfile([
      { stack: ['(garbage collector)'], ms: 600 },
      { stack: [handler], line: 11, ms: 150 },
      idle(250),
    ]);
    const baseline = baselineOf({ stack: ['(garbage collector)'], ms: 200 }, idle(9800));
    const { certainty, sentence, suspects } = diagnoseCpu(profile, contextWith({ baseline }));
    expect(certainty).toBe('named');
    expect(sentence).toBe(
      'data thread 2 spent 60 % of 1 s collecting garbage (baseline 2 %): the heap is churning, most likely for onRequest() at srv/app/server.ts:11, which took 15 %',
    );
    expect(suspects[0]?.construct).toBe('garbage collection');
  });

  test('begins with the error that nobody caught', () => {
    const context = contextWith({
      occasion: 'exception',
      detail: 'TypeError: x is not a function\n    at y',
    });
    expect(diagnoseCpu(exampleCpuProfile(stuckInAudit), context).sentence).toMatch(
      /^data thread 2 ended by an error that nobody caught \(TypeError: x is not a function\): before that it spent 94 % of 5 s in /,
    );
  });
});

describe('the garbage collector beside a culprit', () => {
  test('gets a word, but the code is named: that is what can be mended', () => {
    const samples = [
      { stack: [handler, audit], line: 31, ms: 350 },
      { stack: ['(garbage collector)'], ms: 450 },
      idle(200),
    ];
    const { certainty, sentence } = diagnoseCpu(exampleCpuProfile(samples), contextWith());
    expect(certainty).toBe('named');
    expect(sentence).toBe(
      'data thread 2 spent 35 % of 1 s in the regular expression at filters/user/audit.ts:31, in function audit, and 45 % collecting garbage',
    );
  });

  test('does not make a culprit of whoever does a little in much native work', () => {
    const samples = [{ stack: [handler], line: 11, ms: 40 }, { stack: ['(program)'], ms: 860 }, idle(100)];
    expect(diagnoseCpu(exampleCpuProfile(samples), contextWith()).certainty).toBe('unclear');
  });
});
