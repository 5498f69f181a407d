import { type Measurement } from '../../results/run-results';
import { drawBoxChart } from '../charts/box-chart';
import { binBounds, drawDensityChart } from '../charts/density-chart';
import { type SeriesStyle } from '../charts/series-style';
import { formatNumber } from '../format-number';
import { describeLoad, groupByLoad, isValid } from '../measurements/load';
import { type Chart } from './section';

type Styles = ReadonlyMap<string, SeriesStyle>;

/** For each load the latencies of all deployments; one axis for all loads, so that they can be compared. */
export function latencyCharts(measurements: readonly Measurement[], styles: Styles): Chart[] {
  const answered = measurements.filter(({ fromDue }) => fromDue.count > 0);
  const bounds = answered.flatMap(({ fromDue }) => binBounds(fromDue));
  return groupByLoad(answered).map((group) => {
    const load = describeLoad(group[0]);
    const medians = group.map(
      (measurement) => `${labelOf(measurement)} ${formatNumber(measurement.fromDue.median)} ms`,
    );
    const title = `Latency, ${load}`;
    return {
      name: fileNameOf(title),
      title,
      svg: drawDensityChart({
        title,
        description: `Distribution of latency on a logarithmic axis. Medians: ${medians.join(', ')}.`,
        xLabel: 'milliseconds from the time due (logarithmic)',
        alsoShow: bounds,
        series: group.map((measurement) => ({
          name: labelOf(measurement),
          style: styles.get(measurement.deployment)!,
          distribution: measurement.fromDue,
        })),
      }),
    };
  });
}

/** Requests in flight of every measurement, a row each. */
export function inFlightChart(measurements: readonly Measurement[], styles: Styles): Chart[] {
  const sampled = groupByLoad(measurements.filter(({ inFlight }) => inFlight.count > 0)).flat();
  if (sampled.length === 0) return [];
  const title = 'Requests in flight when one is sent';
  return [
    {
      name: 'in-flight',
      title,
      svg: drawBoxChart({
        title,
        description: sampled
          .map(
            (measurement) =>
              `${describeLoad(measurement)}, ${labelOf(measurement)}: median ${formatNumber(measurement.inFlight.median)}, maximum ${formatNumber(measurement.inFlight.max)}`,
          )
          .join('; '),
        xLabel: 'requests in flight (logarithmic; below 1 drawn at the axis)',
        rows: sampled.map((measurement) => ({
          name: `${shortLoad(measurement)} ${labelOf(measurement)}`,
          style: styles.get(measurement.deployment)!,
          distribution: measurement.inFlight,
        })),
      }),
    },
  ];
}

/** A deployment's name, with a mark where its measurement does not count. */
export function labelOf(measurement: Measurement): string {
  return isValid(measurement) ? measurement.deployment : `${measurement.deployment} (invalid)`;
}

export function fileNameOf(text: string): string {
  return text
    .toLowerCase()
    .replaceAll('×', 'x')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}

function shortLoad({ clients, devices, batch, load }: Measurement): string {
  return [String(clients), devices, batch, load]
    .filter((part) => part !== null && part !== undefined)
    .join('×');
}
