/** The step in which somebody is told: the page of Alertmanager, or what Prometheus says when there is no Alertmanager. */
import type { Monitoring } from '../monitoring.ts';
import type { Page } from '../pager.ts';
import type { Step } from '../telling.ts';

type Labels = Readonly<Record<string, string>>;

export interface Awaited {
  readonly alert: string;
  /** Labels that it must have; `null`: not known yet. */
  readonly where: () => Labels | null;
  readonly withinMs: number;
}

/** None without Prometheus. */
export function alertSteps(monitoring: Monitoring, { alert, where, withinMs }: Awaited): readonly Step[] {
  if (monitoring.prometheus === '') return [];
  const isMeant = ({ labels }: { readonly labels: Labels }): boolean => {
    const wanted = where();
    return (
      wanted !== null &&
      labels['alertname'] === alert &&
      Object.entries(wanted).every(([name, value]) => labels[name] === value)
    );
  };
  const pageOf = (): Page | undefined => monitoring.pages.find(isMeant);
  let hasFired = false;
  const fires: Step = {
    organ: 'Prometheus',
    awaited: `the alert ${alert}`,
    withinMs,
    look: async () => {
      const alerts = (await monitoring.alerts()).filter(isMeant);
      const firing = alerts.find(({ state }) => state === 'firing');
      if (firing === undefined) return alerts.length === 0 ? null : 'it is pending';
      hasFired = true;
      // It has fired no later than somebody was paged for it.
      const at = Math.min(Date.now(), pageOf()?.at ?? Number.POSITIVE_INFINITY);
      return { at, text: `${alert} fires: ${firing.annotations['summary'] ?? ''}` };
    },
  };
  const pages: Step = {
    organ: 'Alertmanager',
    awaited: `the page for ${alert}`,
    withinMs,
    look: async () => {
      const page = hasFired ? pageOf() : undefined;
      if (page === undefined) return null;
      const runbook = page.annotations['runbook_url'] ?? '';
      return { at: page.at, text: `you are paged${runbook === '' ? '' : `; the runbook: ${runbook}`}` };
    },
  };
  return monitoring.alertmanager === '' ? [fires] : [fires, pages];
}
