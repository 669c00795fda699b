import { describe, expect, test } from 'vitest';
import { operators } from '../../../src/telemetry/access-log/operator.ts';
import { parseTemplate } from '../../../src/telemetry/access-log/template.ts';
import { accessLogProblems, defaultAccessLogFormat } from '../../../src/telemetry/index.ts';

describe('accessLogProblems', () => {
  test('finds nothing in the default format and in text without operators', () => {
    expect(accessLogProblems(defaultAccessLogFormat)).toEqual([]);
    expect(accessLogProblems('plain')).toEqual([]);
    expect(accessLogProblems('100%%')).toEqual([]);
    expect(accessLogProblems('')).toEqual([]);
  });

  test('accepts every operator', () => {
    for (const [name, { argument }] of Object.entries(operators)) {
      expect(accessLogProblems(`%${name}${argument === 'header' ? '(X-A)' : ''}%`)).toEqual([]);
    }
  });

  test.each([
    ['%NOPE_NOT_KNOWN%', 'character 0: unknown operator %NOPE_NOT_KNOWN%'],
    ['a %RESPONSE_CODES%', 'character 2: unknown operator %RESPONSE_CODES%, did you mean %RESPONSE_CODE%?'],
    ['%START_TIM%', 'character 0: unknown operator %START_TIM%, did you mean %START_TIME%?'],
    ['%REQ%', 'character 0: %REQ% needs a header, such as %REQ(X-REQUEST-ID)% or %REQ(FIRST?OTHERWISE)%'],
    ['%REQ()%', 'character 0: %REQ% needs a header, such as %REQ(X-REQUEST-ID)% or %REQ(FIRST?OTHERWISE)%'],
    ['%REQ(A B)%', 'character 0: %REQ(A B)%: "a b" is not a header name'],
    ['%REQ(X?)%', 'character 0: %REQ(X?)%: "" is not a header name'],
    ['%REQ(:STATUS)%', 'character 0: %REQ(:STATUS)%: ":status" is not a header name'],
    ['%RESP(:METHOD)%', 'character 0: %RESP(:METHOD)%: ":method" is not a header name'],
    ['%PROTOCOL(x)%', 'character 0: %PROTOCOL% takes no argument'],
    ['%DURATION:3%', 'character 0: %DURATION% takes no length'],
    ['%REQ(X):0%', 'character 0: %REQ%: the length must be at least 1'],
  ])('says what is wrong with %j', (template, problem) => {
    expect(accessLogProblems(template)).toEqual([problem]);
  });

  test('says where a percent sign opens nothing', () => {
    expect(accessLogProblems('cpu 50% used')).toEqual([
      'character 6: expected %COMMAND%, %COMMAND(argument)%, %COMMAND(argument):length% or %%, got "% used"',
    ]);
    expect(accessLogProblems('%lower%')).toHaveLength(2);
    expect(accessLogProblems('100%')).toHaveLength(1);
  });

  test('reports an unknown time specifier', () => {
    expect(accessLogProblems('%START_TIME(%Y %Q)%')).toEqual([
      expect.stringContaining('unknown time specifier "%Q"; known are %Y'),
    ]);
  });

  test('reports all problems of a format', () => {
    expect(accessLogProblems('%A% %REQ% %DURATION:1%')).toHaveLength(3);
  });
});

describe('parseTemplate', () => {
  test('takes commands apart, also a time format with percent signs of its own', () => {
    expect(parseTemplate('[%START_TIME(%H:%M)%] 5%% %REQ(A?B):10%!').parts).toEqual([
      '[',
      { name: 'START_TIME', argument: '%H:%M', length: null },
      '] 5% ',
      { name: 'REQ', argument: 'A?B', length: 10 },
      '!',
    ]);
  });

  test('ends on any input', () => {
    for (const template of ['%', '%%%', '%(', '%REQ(', '%REQ(%', '%:5%', '%REQ(a):%', '\u0000%\n%']) {
      expect(parseTemplate(template).problems.length).toBeGreaterThan(0);
    }
  });
});
