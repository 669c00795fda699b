/** A component whose answers the test decides, and a log that can be read. */
import type { Component, ComponentReport, ComponentStatus } from '../../../../health/component/component.ts';
import type { HealthLog } from '../../../../health/log.ts';

export function report(status: ComponentStatus, detail = ''): ComponentReport {
  return { status, detail, items: [], itemCount: 0 };
}

export function component(settings: Partial<Component> & Pick<Component, 'check'>): Component {
  return {
    name: 'app',
    kind: 'cluster',
    required: true,
    periodMs: 1000,
    deadlineMs: 500,
    failAfter: 1,
    recoverAfter: 1,
    ...settings,
  };
}

/** Answers what `next` says at that moment. */
export class Told {
  next: ComponentReport;
  checks = 0;

  constructor(first: ComponentReport) {
    this.next = first;
  }

  check = (): ComponentReport => {
    this.checks++;
    return this.next;
  };
}

export class KeptLog implements HealthLog {
  readonly lines: {
    readonly level: 'info' | 'warn';
    readonly message: string;
    readonly fields: Readonly<Record<string, unknown>>;
  }[] = [];

  info(message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.lines.push({ level: 'info', message, fields });
  }

  warn(message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.lines.push({ level: 'warn', message, fields });
  }

  get messages(): readonly string[] {
    return this.lines.map(({ message }) => message);
  }
}
