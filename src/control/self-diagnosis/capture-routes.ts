/** `/captures`: what was captured, to be listed, read, downloaded, deleted, and one taken now. */
import type { CaptureKind, CaptureRecord, MonitorView } from '../../../holmes/index.ts';
import {
  type AdminParameter,
  type AdminReply,
  type AdminRequest,
  type AdminRoute,
  answer,
  refuse,
} from '../../admin/index.ts';
import { MeshlockError, type Problem } from '../../base/index.ts';
import { captureTable, captureText } from './capture-text.ts';
import { limitParameter, readLimit } from './list-limit.ts';
import { type MonitorAccess, monitorRoute } from './monitor-access.ts';

const kinds: readonly CaptureKind[] = ['cpu', 'heap', 'handles', 'stack', 'snapshot'];
const [minSeconds, maxSeconds] = [1, 120];

const subjectParameter: AdminParameter = {
  name: 'subject',
  summary: 'Name of a subject, such as data-1 or process.',
  value: 'text',
};
const kindParameter: AdminParameter = { name: 'kind', summary: 'What is captured.', value: kinds };

/** `wallMs`: Unix milliseconds now, for ages. */
export function captureRoutes(access: MonitorAccess, wallMs: () => number): readonly AdminRoute[] {
  return [
    monitorRoute(access, {
      method: 'GET',
      path: '/captures',
      summary: 'Every capture with its sentence, newest first.',
      parameters: [subjectParameter, kindParameter, limitParameter('all')],
      answer: (monitor, { query, format }) => {
        const [subject, kind] = [query.text('subject'), query.text('kind')];
        const records = monitor
          .list()
          .filter((record) => subject === null || record.subject === subject)
          .filter((record) => kind === null || record.kind === kind)
          .slice(0, readLimit(query.text('limit')) ?? Number.POSITIVE_INFINITY);
        return answer(format, 200, {
          text: () => captureTable(records, wallMs()),
          json: () => records,
        });
      },
    }),
    monitorRoute(access, {
      method: 'POST',
      path: '/captures',
      summary: 'Takes a capture now and answers when it is there.',
      parameters: [
        subjectParameter,
        kindParameter,
        {
          name: 'seconds',
          summary: `How long to record, ${minSeconds} to ${maxSeconds}; by default what led here and what follows.`,
          value: 'text',
        },
      ],
      answer: take,
    }),
    monitorRoute(access, {
      method: 'GET',
      path: '/captures/:name',
      summary:
        'One capture by its id; with .pb.gz, .cpuprofile, .heapprofile, .heapsnapshot or .json behind it the file.',
      answer: (monitor, request) => show(monitor, request, wallMs()),
    }),
    monitorRoute(access, {
      method: 'POST',
      path: '/captures/:name/delete',
      summary: 'Deletes one capture.',
      answer: async (monitor, { params: { name = '' }, format }) => {
        if (!(await monitor.delete(name))) return unknownCapture(format, name);
        return answer(format, 200, { text: () => 'OK', json: () => ({ ok: true }) });
      },
    }),
  ];
}

async function take(monitor: MonitorView, { query, format }: AdminRequest): Promise<AdminReply> {
  const subject = query.text('subject');
  const kind = kinds.find((known) => known === query.text('kind'));
  const seconds = query.text('seconds');
  const problems = missing({ subject, kind, seconds });
  if (subject === null || kind === undefined || problems.length > 0) {
    throw new MeshlockError('USAGE', 'nothing was captured', problems);
  }
  try {
    const record = await monitor.capture({
      subject,
      kind,
      ...(seconds !== null && { seconds: Number(seconds) }),
    });
    return answer(format, 200, { text: () => captureText(record), json: () => record });
  } catch (error) {
    // Loaded long since: without it there would be no monitor.
    const { CaptureRefused } = await import('../../../holmes/index.ts');
    if (error instanceof CaptureRefused) return refuse(format, statuses[error.reason], error.message);
    throw error;
  }
}

const statuses = {
  unknown_subject: 404,
  unsupported: 501,
  busy: 409,
  too_little_memory: 503,
  bad_request: 400,
  failed: 503,
} as const;

function missing(given: {
  readonly subject: string | null;
  readonly kind: CaptureKind | undefined;
  readonly seconds: string | null;
}): Problem[] {
  const { subject, kind, seconds } = given;
  const problems: Problem[] = [];
  if (subject === null) problems.push({ path: 'subject', expected: 'the name of a subject', got: 'nothing' });
  if (kind === undefined)
    problems.push({ path: 'kind', expected: `one of ${kinds.join(', ')}`, got: 'nothing' });
  if (seconds !== null && !isSeconds(seconds)) {
    const expected = `a number of seconds, ${minSeconds} to ${maxSeconds}`;
    problems.push({ path: 'seconds', expected, got: JSON.stringify(seconds.slice(0, 60)) });
  }
  return problems;
}

function isSeconds(text: string): boolean {
  return /^\d{1,3}(\.\d{1,3})?$/.test(text) && Number(text) >= minSeconds && Number(text) <= maxSeconds;
}

/** An id holds dots itself, so the id is what a capture is known by, and the format what is left. */
async function show(monitor: MonitorView, request: AdminRequest, wallMs: number): Promise<AdminReply> {
  const { format } = request;
  const { name = '' } = request.params;
  const record = monitor.get(name);
  if (record !== null)
    return answer(format, 200, { text: () => captureText(record, wallMs), json: () => record });
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
    const owner = monitor.get(name.slice(0, dot));
    if (owner !== null) return download(monitor, owner, name.slice(dot + 1), request);
  }
  return unknownCapture(format, name);
}

const contentTypes: Readonly<Record<string, string>> = { 'pb.gz': 'application/gzip' };

async function download(
  monitor: MonitorView,
  record: CaptureRecord,
  extension: string,
  { format }: AdminRequest,
): Promise<AdminReply> {
  const file = record.files.find((known) => known.format === extension);
  if (file === undefined) {
    const known = record.files.map((one) => one.format).join(', ');
    return refuse(format, 404, `capture ${record.id} has no file .${extension.slice(0, 60)}, only ${known}`);
  }
  const body = await monitor.read(record.id, file.format);
  if (body === null) return refuse(format, 404, `the file of capture ${record.id} is gone`);
  return {
    status: 200,
    contentType: contentTypes[file.format] ?? 'application/json; charset=utf-8',
    body,
    headers: { 'content-disposition': `attachment; filename="${record.id}.${file.format}"` },
  };
}

function unknownCapture(format: AdminRequest['format'], name: string): AdminReply {
  const shown = JSON.stringify(name.slice(0, 100));
  return refuse(format, 404, `there is no capture ${shown}; /captures lists those there are`);
}
