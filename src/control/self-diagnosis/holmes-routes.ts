/** `/holmes/...`: what is watched, what was read, what was decided, and by which rules. */
import { isDeepStrictEqual } from 'node:util';
import type {
  Decision,
  MonitorView,
  RingView,
  Settings,
  SettingsChange,
  StoreFigures,
  SubjectView,
} from '../../../holmes/index.ts';
import { type AdminReply, type AdminRequest, type AdminRoute, answer } from '../../admin/index.ts';
import { MeshlockError } from '../../base/index.ts';
import { columns } from './columns.ts';
import { limitParameter, readLimit } from './list-limit.ts';
import { type MonitorAccess, monitorRoute } from './monitor-access.ts';

const defaultLimit = 100;

export function holmesRoutes(access: MonitorAccess): readonly AdminRoute[] {
  return [
    monitorRoute(access, {
      method: 'GET',
      path: '/holmes/subjects',
      summary: 'What is watched: the process and every data thread, each with its state.',
      answer: (monitor, { format }) => {
        const subjects = monitor.subjects();
        return answer(format, 200, { text: () => columns(subjects.map(subjectRow)), json: () => subjects });
      },
    }),
    monitorRoute(access, {
      method: 'GET',
      path: '/holmes/rings',
      summary: 'The last samples of every reading, oldest first.',
      answer: (monitor, { format }) => {
        const rings = monitor.rings();
        return answer(format, 200, { text: () => columns(rings.flatMap(ringRows)), json: () => rings });
      },
    }),
    monitorRoute(access, {
      method: 'GET',
      path: '/holmes/decisions',
      summary: 'What was decided and why, newest first, also not to capture.',
      parameters: [
        limitParameter(String(defaultLimit)),
        { name: 'quiet', summary: 'Also those that found the reading in order.', value: 'flag' },
      ],
      answer: (monitor, { query, format }) => {
        const limit = readLimit(query.text('limit')) ?? defaultLimit;
        const decisions = monitor.decisions({ limit, quiet: query.flag('quiet') });
        return answer(format, 200, {
          text: () => columns(decisions.map(decisionRow)),
          json: () => decisions,
        });
      },
    }),
    monitorRoute(access, {
      method: 'GET',
      path: '/holmes/store',
      summary: 'How many captures lie on disk, how large they may become, and what is wrong with the disk.',
      answer: (monitor, { format }) => {
        const { store } = monitor.figures();
        return answer(format, 200, { text: () => columns(storeRows(store)), json: () => store });
      },
    }),
    monitorRoute(access, {
      method: 'GET',
      path: '/holmes/rules',
      summary: 'The rules and everything else that is set; a limit that is none is null.',
      answer: (monitor, { format }) => showSettings(format, monitor.settings()),
    }),
    monitorRoute(access, {
      method: 'POST',
      path: '/holmes/rules',
      summary:
        'Changes some of it until the configuration does: a JSON object with what changes; null as a limit is none.',
      ownBody: true,
      answer: changeSettings,
    }),
  ];
}

async function changeSettings(monitor: MonitorView, { format, body }: AdminRequest): Promise<AdminReply> {
  const { parseChange, SettingsError } = await import('../../../holmes/index.ts');
  try {
    const change = parseChange(readJson(body));
    await checkPush(monitor.settings(), change);
    return await showSettings(format, monitor.configure(change));
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    throw new MeshlockError('USAGE', 'nothing was changed', error.problems);
  }
}

/** Where profiles are sent, and with which token, is for whoever owns the configuration to say. */
async function checkPush(settings: Settings, change: SettingsChange): Promise<void> {
  if (change.pyroscope === undefined) return;
  const { applyChange } = await import('../../../holmes/index.ts');
  if (isDeepStrictEqual(applyChange(settings, change).pyroscope, settings.pyroscope)) return;
  const expected = 'no change: where captures are pushed to stands in the configuration';
  throw new MeshlockError('USAGE', 'nothing was changed', [{ path: 'pyroscope', expected, got: 'one' }]);
}

function readJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    const got = body.length === 0 ? 'nothing' : 'other text';
    throw new MeshlockError('USAGE', 'nothing was changed', [
      { path: '', expected: 'a JSON object such as {"intervalMs": 2000} as the body', got },
    ]);
  }
}

async function showSettings(format: AdminRequest['format'], settings: Settings): Promise<AdminReply> {
  const { settingsAsJson } = await import('../../../holmes/index.ts');
  const shown = settingsAsJson(settings);
  return answer(format, 200, { text: () => settingLines('', shown).join('\n'), json: () => shown });
}

/** `rules.cpu.min: 0.1` */
function settingLines(path: string, value: unknown): string[] {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return Object.entries(value).flatMap(([key, inner]: [string, unknown]) =>
      settingLines(path === '' ? key : `${path}.${key}`, inner),
    );
  }
  return [`${path}: ${value === null ? 'none' : JSON.stringify(value)}`];
}

function subjectRow({ name, title, state, capturing, problem }: SubjectView): string[] {
  const doing = capturing === null ? '' : `, takes a ${capturing} capture`;
  return [name, title, `${state}${doing}${problem === '' ? '' : `: ${problem}`}`];
}

function ringRows({ subject, values }: RingView): string[][] {
  return Object.entries(values).map(([reading, series]) => [
    subject,
    reading,
    series.map((value) => (Number.isNaN(value) ? '-' : Number(value.toPrecision(3)))).join(' '),
  ]);
}

function storeRows({ captures, bytes, limits, evicted, unsaved, problem }: StoreFigures): string[][] {
  return [
    ['captures', `${captures} of ${limits.maxCount}`],
    ['bytes', `${bytes} of ${limits.maxBytes}`],
    ['evicted', String(evicted)],
    ['in memory only', String(unsaved)],
    ['problem', problem === '' ? 'none' : problem],
  ];
}

function decisionRow({ id, at, subject, rule, verdict, reason, captureId }: Decision): string[] {
  const led = captureId === null ? '' : ` -> ${captureId}`;
  return [String(id), new Date(at).toISOString(), subject, rule, verdict, `${reason}${led}`];
}
