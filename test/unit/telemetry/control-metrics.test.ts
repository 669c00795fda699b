import { describe, expect, test } from 'vitest';
import { MeshFigures } from './mesh-figures.ts';

describe('ControlMetrics', () => {
  test('starts every value that is known in advance at zero', async () => {
    const text = await new MeshFigures().text();
    expect(text).toContain('meshlock_config_reloads_total{result="success"} 0\n');
    expect(text).toContain('meshlock_config_reloads_total{result="failure"} 0\n');
    for (const reason of ['crashed', 'out-of-memory', 'stalled']) {
      expect(text).toContain(`meshlock_thread_replacements_total{reason="${reason}"} 0\n`);
    }
    expect(text).not.toContain('meshlock_spans_exported_total 0');
  });

  test('counts reloads and keeps the time of the last that was applied', async () => {
    const mesh = new MeshFigures();
    mesh.control.reloaded(true, 1_000_500);
    mesh.control.reloaded(false, 2_000_500);
    expect(await mesh.value('meshlock_config_reloads_total{result="success"}')).toBe(1);
    expect(await mesh.value('meshlock_config_reloads_total{result="failure"}')).toBe(1);
    expect(await mesh.value('meshlock_config_last_reload_successful')).toBe(0);
    expect(await mesh.value('meshlock_config_last_reload_success_timestamp_seconds')).toBe(1000.5);
  });

  test('tells detections that were not enforced from ejections', async () => {
    const mesh = new MeshFigures();
    mesh.control.outlierDetected('cart', 'success-rate', false);
    const labels = '{cluster="cart",cause="success-rate"}';
    expect(await mesh.value(`meshlock_outlier_detections_total${labels}`)).toBe(1);
    expect(await mesh.value(`meshlock_outlier_ejections_total${labels}`)).toBe(0);
    mesh.control.outlierDetected('cart', 'success-rate', true);
    expect(await mesh.value(`meshlock_outlier_detections_total${labels}`)).toBe(2);
    expect(await mesh.value(`meshlock_outlier_ejections_total${labels}`)).toBe(1);
  });

  test('replaces the endpoints of a cluster as a whole', async () => {
    const mesh = new MeshFigures();
    mesh.control.setEndpoints('cart', [
      { endpoint: '10.0.0.1:80', healthy: true, ejected: false },
      { endpoint: '10.0.0.2:80', healthy: false, ejected: true },
    ]);
    expect(await mesh.value('meshlock_endpoint_healthy{cluster="cart",endpoint="10.0.0.2:80"}')).toBe(0);
    expect(await mesh.value('meshlock_endpoint_ejected{cluster="cart",endpoint="10.0.0.2:80"}')).toBe(1);
    mesh.control.setEndpoints('cart', [{ endpoint: '10.0.0.1:80', healthy: true, ejected: false }]);
    expect(await mesh.value('meshlock_endpoint_healthy{cluster="cart",endpoint="10.0.0.1:80"}')).toBe(1);
    expect(await mesh.value('meshlock_endpoint_healthy{cluster="cart",endpoint="10.0.0.2:80"}')).toBeNull();
  });

  test('forgets a removed cluster in every metric', async () => {
    const mesh = new MeshFigures();
    for (const cluster of ['stays', 'goes']) {
      mesh.control.healthChecked(cluster, 'success');
      mesh.control.outlierDetected(cluster, 'consecutive-5xx', true);
      mesh.control.dnsResolved(cluster, 'success');
      mesh.control.setEndpoints(cluster, [{ endpoint: '10.0.0.1:80', healthy: true, ejected: false }]);
    }
    await mesh.control.retainClusters(new Set(['stays']));
    const text = await mesh.text();
    expect(text).not.toContain('cluster="goes"');
    expect(text.match(/cluster="stays"/g)).toHaveLength(6);
  });

  test('shows the figures of a writer while it is there', async () => {
    const mesh = new MeshFigures();
    const figures = { path: '/var/log/a', writtenBytes: 5, droppedLines: 2, failures: 1 };
    mesh.control.addWriter(figures);
    figures.writtenBytes = 9;
    expect(await mesh.value('meshlock_access_log_written_bytes_total{path="/var/log/a"}')).toBe(9);
    expect(await mesh.value('meshlock_access_log_write_dropped_lines_total{path="/var/log/a"}')).toBe(2);
    expect(await mesh.value('meshlock_access_log_write_failures_total{path="/var/log/a"}')).toBe(1);
    mesh.control.removeWriter(figures);
    expect(await mesh.text()).not.toContain('/var/log/a');
  });
});
