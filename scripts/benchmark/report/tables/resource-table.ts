import { type Measurement } from '../../../../contracts/benchmark/run-results';
import { formatBytes, formatNumber, formatPercent } from '../format-number';
import { describeLoad, groupByLoad } from '../measurements/load';
import { summarizeResources } from '../measurements/resource-summary';
import { type Table } from './table';

/** What servers and balancer used, and how busy the driver itself was. */
export function resourceTable(measurements: readonly Measurement[]): Table {
  return {
    caption: 'CPU, memory and network while measuring, and the driver itself',
    columns: [
      { title: 'Load' },
      { title: 'Deployment', kind: 'name' },
      { title: 'Server CPU, cores', kind: 'number' },
      { title: 'Balancer CPU, cores', kind: 'number' },
      { title: 'CPU for an answer, ms', kind: 'number' },
      { title: 'Rows a run', kind: 'number' },
      { title: 'Server memory', kind: 'number' },
      { title: 'Network', kind: 'number' },
      { title: 'Driver CPU', kind: 'number' },
      { title: 'Driver late, 99th, ms', kind: 'number' },
    ],
    groups: groupByLoad(measurements).map((group) => ({
      header: [`${group[0].profile}: ${describeLoad(group[0])}`],
      rows: group.map((measurement) => {
        const use = summarizeResources(measurement);
        const shown = (value: number | null, format = formatNumber): string =>
          value === null ? '–' : format(value);
        return {
          invalid: measurement.invalid.length > 0,
          cells: [
            measurement.deployment,
            shown(use.serverCores),
            shown(use.balancerCores),
            shown(use.cpuMsPerAnswer),
            shown(use.meanBatchSize),
            shown(use.memoryBytes, formatBytes),
            shown(use.networkBytesPerSecond, (bytes) => `${formatBytes(bytes)}/s`),
            formatPercent(measurement.driver.cpuShare),
            formatNumber(measurement.driver.lateness.p99),
          ],
        };
      }),
    })),
  };
}
