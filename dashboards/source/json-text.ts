/**
 * JSON as the formatter of this repository writes it, so that a generated file is a formatted one: a list of plain values
 * stands on one line where there is room.
 */
const lineWidth = 110;

export function jsonText(value: unknown): string {
  return `${written(JSON.parse(JSON.stringify(value)), '', 0)}\n`;
}

/** `used`: columns that are taken already on the line where the value begins; one is kept for the comma behind it. */
function written(value: unknown, indent: string, used: number): string {
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    if (value.every(isPlain)) {
      const line = `[${value.map((item) => JSON.stringify(item)).join(', ')}]`;
      if (used + line.length < lineWidth) return line;
    }
    return `[\n${value.map((item) => inner + written(item, inner, inner.length)).join(',\n')}\n${indent}]`;
  }
  if (isPlain(value)) return JSON.stringify(value);
  const entries = Object.entries(value as Readonly<Record<string, unknown>>).map(([name, item]) => {
    const key = `${inner}${JSON.stringify(name)}: `;
    return key + written(item, inner, key.length);
  });
  return entries.length === 0 ? '{}' : `{\n${entries.join(',\n')}\n${indent}}`;
}

function isPlain(value: unknown): boolean {
  return value === null || typeof value !== 'object';
}
