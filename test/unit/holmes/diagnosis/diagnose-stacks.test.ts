import { describe, expect, test } from 'vitest';
import { diagnoseStacks } from '../../../../holmes/diagnosis/diagnose.ts';
import type { KernelState, StackSample } from '../../../../holmes/profile/handle-profile.ts';
import { frame } from '../profile/example-handle-profile.ts';
import { exampleContext } from './example-context.ts';

const url = 'file:///srv/app/audit.ts';
const source = [
  'function audit(list: string[]): void {',
  '  for (const name of list) {',
  '    count += name.length;',
  '  }',
  '}',
];
const sourceLine = (file: string, line: number): string | null =>
  file === url ? (source[line - 29] ?? null) : null;
const running: KernelState = { kind: 'running', waitChannel: '', systemCall: '' };
const at31: StackSample = { at: 1, frames: [frame(`audit ${url}:31`), frame('emit node:events:500')] };

describe('the diagnosis of live stacks', () => {
  test('says where the thread is that does not answer', () => {
    const { certainty, sentence, suspects } = diagnoseStacks(
      [at31, at31, at31],
      running,
      exampleContext({ occasion: 'stall', sourceLine, ownerOf: () => 'filter audit' }),
    );
    expect(certainty).toBe('named');
    expect(sentence).toBe(
      'data thread 2 does not answer: it is in the loop at srv/app/audit.ts:31, in function audit (filter audit) (3 of 3 looks)',
    );
    expect(suspects[0]).toMatchObject({ construct: 'loop', share: 1 });
  });

  test('charges what Node does to its caller', () => {
    const frames = [
      frame('openSync node:fs:500'),
      frame('readFileSync node:fs:440'),
      frame('render file:///srv/app/page.ts:8'),
    ];
    const kernel: KernelState = { kind: 'sleeping', waitChannel: 'wait_for_partner', systemCall: '257' };
    const { sentence } = diagnoseStacks([{ at: 1, frames }], kernel, exampleContext({ occasion: 'stall' }));
    expect(sentence).toBe(
      'data thread 2 does not answer: it is in the synchronous file access at srv/app/page.ts:8, in function render (the one look, waiting in the kernel (wait_for_partner, system call 257))',
    );
  });

  test('is unclear when each look shows another place', () => {
    const looks = ['a', 'b', 'c'].map((name) => ({
      at: 1,
      frames: [frame(`${name} file:///srv/app/${name}.ts:1`)],
    }));
    const { certainty, sentence } = diagnoseStacks(looks, running, exampleContext());
    expect(certainty).toBe('unclear');
    expect(sentence).toBe('data thread 2 was at srv/app/a.ts:1, in function a (1 of 3 looks): unclear');
  });

  test.each([
    ['running', 'it is computing in native code, which cannot be looked into'],
    ['sleeping', 'it waits in the kernel (do_epoll_wait, system call 232)'],
    ['starved', 'it is ready to run and gets no core'],
    ['unknown', 'it is at rest or in native code'],
  ] as const)('without a stack says what the kernel says: %s', (kind, text) => {
    const kernel = { kind, waitChannel: 'do_epoll_wait', systemCall: '232' };
    const { certainty, sentence, suspects } = diagnoseStacks(
      [],
      kernel,
      exampleContext({ occasion: 'stall' }),
    );
    expect(sentence).toBe(`data thread 2 does not answer and gives no stack: ${text}: unclear`);
    expect(certainty).toBe('unclear');
    expect(suspects).toEqual([]);
  });
});
