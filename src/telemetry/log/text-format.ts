/**
 * A log line for people, made from the JSON line: `time LEVEL component: message name=value ...`. Control characters in
 * values are escaped, so that what came from outside cannot write a line of its own; stacks follow indented.
 */

interface LogLine extends Record<string, unknown> {
  readonly time: string;
  readonly level: string;
  readonly component?: string;
  readonly message: string;
}

export function formatForPeople(json: string): string {
  const { time, level, component, message, ...fields } = JSON.parse(json) as LogLine;
  const stacks: string[] = [];
  const values = Object.entries(fields).map(
    ([name, value]) => ` ${printable(name)}=${valueText(value, stacks)}`,
  );
  const about = component === undefined ? '' : `${printable(component)}: `;
  const head = `${time} ${level.toUpperCase().padEnd(5)} ${about}${printable(message)}`;
  return `${head}${values.join('')}\n${stacks.join('')}`;
}

function valueText(value: unknown, stacks: string[]): string {
  if (typeof value === 'string')
    return /^[\w./:@%+,[\]-]+$/.test(value) ? value : printable(JSON.stringify(value));
  if (!isDescribedError(value)) return printable(JSON.stringify(value) ?? 'undefined');
  const frames = value.stack.split('\n').filter((line) => /^\s+at /.test(line));
  stacks.push(...frames.map((line) => `    ${printable(line.trim())}\n`));
  return printable(JSON.stringify(`${value.type}: ${value.message}`));
}

function isDescribedError(value: unknown): value is { type: string; message: string; stack: string } {
  return typeof value === 'object' && value !== null && 'stack' in value && typeof value.stack === 'string';
}

function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
