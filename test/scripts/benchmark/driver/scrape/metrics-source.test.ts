import {
  parsePrometheusText,
  toReading,
} from '../../../../../scripts/benchmark/driver/scrape/metrics-source';
import { Metrics } from '../../../../../runtime/observability/metrics';
import { PipelineMetrics } from '../../../../../runtime/observability/pipeline-metrics';

describe('parsePrometheusText', () => {
  it('finds the samples of the names that are asked for, with their labels and any number', () => {
    const text = [
      '# HELP a_total What it counts',
      '# TYPE a_total counter',
      'a_total{mode="idle",cpu="0"} 12.5',
      'a_total{mode="with \\"quotes\\", a \\\\ and\\n} a brace",cpu="1",} 1e3 1712000000000',
      'a_total_more 7',
      'b -Inf',
      'c NaN',
      'broken{ 5',
      '',
    ].join('\n');
    expect(parsePrometheusText(text, new Set(['a_total', 'b', 'c', 'broken']))).toEqual([
      { name: 'a_total', labels: { mode: 'idle', cpu: '0' }, value: 12.5 },
      { name: 'a_total', labels: { mode: 'with "quotes", a \\ and\n} a brace', cpu: '1' }, value: 1000 },
      { name: 'b', labels: {}, value: -Infinity },
      { name: 'c', labels: {}, value: NaN },
    ]);
  });
});

describe('toReading', () => {
  it("reads the runtime's own metrics", async () => {
    const metrics = new Metrics();
    const pipeline = new PipelineMetrics(metrics, 'fall-detection');
    for (const rows of [2, 4]) pipeline.model().batchSize.observe(rows);
    const reading = toReading(await metrics.expose());
    expect(reading).toMatchObject({ batchRows: 6, batchRuns: 2 });
    expect(reading.cpuSeconds).toBeGreaterThan(0);
    expect(reading.memoryBytes).toBeGreaterThan(1_000_000);
    expect(reading.gpuUtilization).toBeUndefined();
  });

  it("reads Envoy's traffic with its clients, without that of its admin pages", () => {
    const text = `
envoy_http_downstream_cx_rx_bytes_total{envoy_http_conn_manager_prefix="ingress_grpc"} 1000
envoy_http_downstream_cx_rx_bytes_total{envoy_http_conn_manager_prefix="admin"} 50
envoy_http_downstream_cx_tx_bytes_total{envoy_http_conn_manager_prefix="ingress_grpc"} 2000
envoy_http_downstream_cx_tx_bytes_total{envoy_http_conn_manager_prefix="admin"} 70000
envoy_server_memory_physical_size{} 30000000
`;
    expect(toReading(text)).toEqual({ receivedBytes: 1000, sentBytes: 2000, memoryBytes: 30_000_000 });
  });

  it("reads a host's busy CPU, used memory and traffic with other hosts from node-exporter", () => {
    const text = `
node_cpu_seconds_total{cpu="0",mode="idle"} 1000
node_cpu_seconds_total{cpu="0",mode="iowait"} 10
node_cpu_seconds_total{cpu="0",mode="user"} 20
node_cpu_seconds_total{cpu="1",mode="system"} 5
node_memory_MemTotal_bytes 8e9
node_memory_MemAvailable_bytes 6e9
node_network_receive_bytes_total{device="lo"} 9
node_network_receive_bytes_total{device="eth0"} 300
node_network_receive_bytes_total{device="veth12ab"} 9
node_network_transmit_bytes_total{device="eth0"} 400
process_resident_memory_bytes 1e7
process_cpu_seconds_total 3
`;
    // Beside what it is scraped for it has metrics of its own process.
    expect(toReading(text)).toEqual({ cpuSeconds: 25, memoryBytes: 2e9, receivedBytes: 300, sentBytes: 400 });
  });

  it('takes the mean of several GPUs', () => {
    const text = 'DCGM_FI_DEV_GPU_UTIL{gpu="0"} 80\nDCGM_FI_DEV_GPU_UTIL{gpu="1"} 40\n';
    expect(toReading(text)).toEqual({ gpuUtilization: 0.6000000000000001 });
  });

  it('knows nothing of other expositions', () => {
    expect(toReading('go_goroutines 7\n')).toEqual({});
  });
});
