/** The demo's `meshlock.yaml`: two instances of the application behind one listener. */

export interface DemoPorts {
  readonly listener: number;
  readonly admin: number;
  /** One per instance of the application. */
  readonly instances: readonly number[];
}

export function demoConfiguration({ listener, admin, instances }: DemoPorts): string {
  const endpoints = instances.map((port) => `127.0.0.1:${port}`).join(', ');
  return `# Written by \`npm start\`. Change it while the demo runs: the proxy takes it up without losing a connection.
node: { id: demo, service: demo, version: 1.0.0 }
admin: { address: 127.0.0.1:${admin} }
log: { format: text }
listeners:
  - name: inbound
    address: 127.0.0.1:${listener}
    role: inbound
    protocol: http
    access_logs: /dev/stdout
    routes:
      - match: { prefix: /flaky }
        cluster: app
        retry: { on: [5xx], attempts: 2 }
      - match: { prefix: / }
        cluster: app
clusters:
  - name: app
    endpoints: [${endpoints}]
    health_check: { http: { path: /healthz }, interval: 5s }
`;
}
