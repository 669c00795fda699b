import { describe, expect, test } from 'vitest';
import { ProfileBaseline } from '../../../../holmes/baseline/profile-baseline.ts';
import type { DiagnosisContext } from '../../../../holmes/diagnosis/context.ts';
import { diagnoseHandles } from '../../../../holmes/diagnosis/diagnose.ts';
import type { HandleProfile } from '../../../../holmes/profile/handle-profile.ts';
import { emptyHandles, frame, sockets } from '../profile/example-handle-profile.ts';
import { exampleContext } from './example-context.ts';

const at = 1_800_000_000_000;
const others = sockets(475, {
  kind: 'tcp-server',
  peer: ':8080',
  stack: [frame('onconnection node:net:2000')],
});
const leak: HandleProfile = {
  ...emptyHandles,
  groups: [sockets(4279), others],
  activeByType: { TCPSocketWrap: 4754 },
};
const keep = frame('keepForRetry file:///srv/app/retry.ts:5');
const buffers: HandleProfile = {
  ...emptyHandles,
  groups: [sockets(4)],
  buffers: [
    { bytes: 90e6, stack: [frame('alloc node:buffer:1'), keep] },
    { bytes: 10e6, stack: [] },
  ],
};

function contextWith(
  changes: Partial<DiagnosisContext> = {},
  before: HandleProfile | null = null,
): DiagnosisContext {
  const baseline = new ProfileBaseline();
  if (before !== null) baseline.addHandles(before, at - 600_000);
  return exampleContext({ baseline, at, title: 'data thread 1', fileName: () => 'pool.ts', ...changes });
}

describe('the diagnosis of handles', () => {
  test('says how many there are, where they go, who made them, and how many there were', () => {
    const { certainty, sentence, suspects } = diagnoseHandles(
      leak,
      contextWith({}, { ...emptyHandles, groups: [sockets(12), others] }),
    );
    expect(certainty).toBe('named');
    expect(sentence).toBe(
      'data thread 1 holds 4,279 outgoing sockets to 127.0.0.1:9000 made by leakyDial() at pool.ts:31, 90 % of all handles (10 min ago: 12)',
    );
    expect(suspects[0]).toMatchObject({ construct: 'sockets', amount: 4279, owner: 'peer 127.0.0.1:9000' });
  });

  test('counts the peers when they differ', () => {
    const groups = Array.from({ length: 400 }, (_, index) => sockets(2, { peer: `10.0.0.1:${index}` }));
    expect(diagnoseHandles({ ...emptyHandles, groups }, contextWith()).sentence).toBe(
      'data thread 1 holds 800 outgoing sockets to 400 peers made by leakyDial() at pool.ts:31, 100 % of all handles',
    );
  });

  test('takes those of unknown origin to be like the others of their kind', () => {
    const groups = [
      sockets(100),
      sockets(900, { stack: [] }),
      sockets(1000, { kind: 'tcp-server', peer: ':8080', stack: [] }),
    ];
    expect(diagnoseHandles({ ...emptyHandles, groups }, contextWith()).sentence).toBe(
      'data thread 1 holds about 1,000 outgoing sockets to 127.0.0.1:9000 made by leakyDial() at pool.ts:31, 50 % of all handles',
    );
  });

  test('is unclear when there are as many as always', () => {
    const { certainty, sentence } = diagnoseHandles(leak, contextWith({}, leak));
    expect(certainty).toBe('unclear');
    expect(sentence).toMatch(
      /^data thread 1 holds 4,754 handles, most of them 4,279 outgoing sockets, 90 %; no place stands out: unclear$/,
    );
  });

  test('is unclear of connections that clients made', () => {
    const { certainty, sentence, suspects } = diagnoseHandles(
      { ...emptyHandles, groups: [others] },
      contextWith(),
    );
    expect(certainty).toBe('unclear');
    expect(sentence).toBe(
      'data thread 1 holds 475 handles, most of them 475 accepted connections on :8080, 100 %, made by no function that is known; no place stands out: unclear',
    );
    expect(suspects).toEqual([]);
  });

  test('names who holds buffers', () => {
    const { sentence, suspects } = diagnoseHandles(buffers, contextWith({ occasion: 'external' }));
    expect(sentence).toBe(
      'data thread 1 holds 90 MB in buffers made by keepForRetry() at pool.ts:5, 90 % of all buffers',
    );
    expect(suspects[0]?.construct).toBe('buffers');
  });

  test('answers the rule that asked', () => {
    const both = { ...leak, buffers: buffers.buffers };
    expect(diagnoseHandles(both, contextWith({ occasion: 'external' })).suspects[0]?.construct).toBe(
      'buffers',
    );
    expect(diagnoseHandles(both, contextWith({ occasion: 'handles' })).suspects[0]?.construct).toBe(
      'sockets',
    );
  });

  test('names who adds listeners', () => {
    const message =
      'Possible EventEmitter memory leak detected. 11 change listeners added to [EventEmitter]. MaxListeners is 10. Use emitter.setMaxListeners() to increase limit';
    const stack = [frame('addListener node:events:500'), frame('followChanges file:///srv/app/view.ts:7')];
    const warnings = [{ name: 'MaxListenersExceededWarning', message, stack }];
    const { certainty, sentence } = diagnoseHandles({ ...emptyHandles, warnings }, contextWith());
    expect(certainty).toBe('named');
    expect(sentence).toBe(
      "data thread 1 adds listeners for 'change' on one EventEmitter without removing them, in followChanges() at pool.ts:7",
    );
  });

  test('names who makes timers all the time', () => {
    const created = [
      { kind: 'Timeout', created: 20_000, alive: 150, stack: [frame('poll file:///srv/app/poll.ts:4')] },
    ];
    const { certainty, sentence } = diagnoseHandles(
      { ...emptyHandles, armedMs: 5000, created },
      contextWith(),
    );
    expect(certainty).toBe('named');
    expect(sentence).toBe(
      'data thread 1 makes 4,000 timers a second in poll() at pool.ts:4 (20,000 in 5 s, 150 of them still there)',
    );
  });

  test('is unclear of nothing', () => {
    const { certainty, sentence } = diagnoseHandles(
      { ...emptyHandles, activeByType: { Timeout: 3 } },
      contextWith(),
    );
    expect({ certainty, sentence }).toEqual({
      certainty: 'unclear',
      sentence: 'data thread 1 holds no handle whose origin is known; Node counts 3 timers: unclear',
    });
  });
});
