/** `/gate`: whether traffic is open, what it waits for, and the override for maintenance, which always ends. */
import type { GateView, Override } from '../../../health/static.ts';
import { type AdminReply, type AdminRoute, answer } from '../../admin/index.ts';
import { type Clock, MeshlockError, type Problem } from '../../base/index.ts';
import type { HealthAccess } from './proxy-health.ts';

/** Longer is no maintenance but a setting, and should stand in the configuration. */
const maxOverrideMs = 24 * 3_600_000;
const maxReason = 200;
const unitsMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };

export function gateRoutes(access: HealthAccess, clock: Pick<Clock, 'wall'>): readonly AdminRoute[] {
  return [
    {
      method: 'GET',
      path: '/gate',
      summary: 'Whether traffic is open, what it waits for, and whether somebody overrides that.',
      handle: ({ format }) => shown(format, access.gate),
    },
    {
      method: 'POST',
      path: '/gate/override',
      summary: 'Opens or closes the gate whatever the components say, for a limited time.',
      parameters: [
        { name: 'to', summary: 'What it is to be.', value: ['open', 'closed'] },
        { name: 'for', summary: 'For how long, such as 90s, 10m or 2h; a day at most.', value: 'text' },
        { name: 'reason', summary: 'Why, for the log and for who asks.', value: 'text' },
      ],
      handle: ({ query, format }) => {
        const words = { to: query.text('to'), for: query.text('for'), reason: query.text('reason') };
        access.override(readOverride(words, clock.wall()));
        return shown(format, access.gate);
      },
    },
    {
      method: 'POST',
      path: '/gate/override/clear',
      summary: 'Takes the override back before its time is over.',
      handle: ({ format }) => {
        access.override(null);
        return shown(format, access.gate);
      },
    },
  ];
}

interface OverrideWords {
  readonly to: string | null;
  readonly for: string | null;
  readonly reason: string | null;
}

/** Throws a MeshlockError USAGE with every problem. */
function readOverride({ to, for: duration, reason }: OverrideWords, wallMs: number): Override {
  const problems: Problem[] = [];
  if (to !== 'open' && to !== 'closed')
    problems.push({ path: 'to', expected: 'open or closed', got: 'none' });
  const forMs = readDuration(duration);
  if (forMs === null) {
    const got = duration === null ? 'none' : JSON.stringify(duration.slice(0, 60));
    problems.push({ path: 'for', expected: 'a time such as 90s, 10m or 2h, a day at most', got });
  }
  const why = (reason ?? '').replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
  if (why === '' || why.length > maxReason) {
    const got = why === '' ? 'none' : `${why.length} characters`;
    problems.push({ path: 'reason', expected: `a reason of at most ${maxReason} characters`, got });
  }
  if (problems.length > 0) throw new MeshlockError('USAGE', 'nothing was overridden', problems);
  return {
    to: to === 'open' ? 'open' : 'closed',
    reason: why,
    by: 'admin API',
    until: wallMs + (forMs ?? 0),
  };
}

function readDuration(text: string | null): number | null {
  const [, digits, unit] = /^(\d{1,6})([smh])$/.exec(text ?? '') ?? [];
  if (digits === undefined || unit === undefined) return null;
  const ms = Number(digits) * unitsMs[unit]!;
  return ms > 0 && ms <= maxOverrideMs ? ms : null;
}

function shown(format: 'text' | 'json' | 'html' | 'prometheus', view: GateView): AdminReply {
  return answer(format, 200, { text: () => gateLines(view).join('\n'), json: () => view });
}

function gateLines({ state, since, waitingFor, override }: GateView): string[] {
  const lines = [`${state} since ${new Date(since).toISOString()}`];
  if (override !== null) {
    const { to, by, reason, until } = override;
    lines.push(`held ${to} by ${by} until ${new Date(until).toISOString()}: ${reason}`);
  }
  return [...lines, ...waitingFor.map((reason) => `waits for ${reason}`)];
}
