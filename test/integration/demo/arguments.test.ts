import { describe, expect, test } from 'vitest';
import { Fault, helpText, parseArguments, UsageError } from '../../../examples/demo/mesh/arguments.ts';

describe('arguments of the demonstration', () => {
  test('break nothing when there are none', () => {
    expect(parseArguments([])).toEqual({ fault: null, once: false, help: false });
  });

  test.each(Fault)('take the fault %s, which the help explains', (fault) => {
    expect(parseArguments(['--fault', fault, '--once'])).toEqual({ fault, once: true, help: false });
    expect(helpText).toMatch(new RegExp(`^ +${fault} +\\w`, 'm'));
  });

  test('ask for help in two ways', () => {
    expect(parseArguments(['--help']).help).toBe(true);
    expect(parseArguments(['-h']).help).toBe(true);
  });

  test('refuse a fault that there is not, and name those that there are', () => {
    expect(() => parseArguments(['--fault', 'fire'])).toThrow(
      new UsageError('--fault: expected one of cpu, leak, upstream, release, got "fire"'),
    );
  });

  test.each([[['--fault']], [['--falt', 'cpu']], [['cpu']], [['--once=yes']]])('refuse %j', (words) => {
    expect(() => parseArguments(words)).toThrow(UsageError);
  });
});
