/**
 * One line of the journal: a CRC-32 in eight hex digits, a space, JSON, a newline. The checksum tells a line that was
 * written whole from one that a crash or a bad disk left behind; the newline tells where to go on after such a line.
 */
import { crc32 } from 'node:zlib';

const checksumLength = 8;
const newline = 0x0a;

export interface DecodedJournal {
  readonly records: readonly unknown[];
  /** Bytes up to and with the last good record; what stands behind them is torn and may be cut off. */
  readonly goodBytes: number;
  /** Bytes of a last record that was not written whole; 0: none. */
  readonly tornBytes: number;
  /** Lines before the last good one that are not what was written. */
  readonly damaged: number;
}

export function encodeRecord(record: object): Buffer {
  const json = JSON.stringify(record);
  return Buffer.from(`${checksum(Buffer.from(json))} ${json}\n`);
}

/** Never throws: whatever the bytes are, the good records among them come back. */
export function decodeJournal(bytes: Buffer): DecodedJournal {
  const records: unknown[] = [];
  let goodBytes = 0;
  let damaged = 0;
  let badSince = 0;
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(newline, start);
    if (end < 0) break;
    const record = decodeLine(bytes.subarray(start, end));
    start = end + 1;
    if (record === undefined) {
      badSince++;
      continue;
    }
    damaged += badSince;
    badSince = 0;
    records.push(record);
    goodBytes = start;
  }
  return { records, goodBytes, tornBytes: bytes.length - goodBytes, damaged };
}

function decodeLine(line: Buffer): object | undefined {
  if (line.length < checksumLength + 3 || line[checksumLength] !== 0x20) return undefined;
  const json = line.subarray(checksumLength + 1);
  if (line.toString('latin1', 0, checksumLength) !== checksum(json)) return undefined;
  try {
    const record: unknown = JSON.parse(json.toString());
    return typeof record === 'object' && record !== null ? record : undefined;
  } catch {
    return undefined;
  }
}

function checksum(json: Buffer): string {
  return crc32(json).toString(16).padStart(checksumLength, '0');
}
