import { type Measurement } from '../../../../contracts/benchmark/run-results';
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

/** As many as a printed page has room for. */
const ROWS_A_CHART = 20;

/** Requests in flight of every measurement, a row each; the rows of one load stay together. */
export function inFlightCharts(measurements: readonly Measurement[], styles: Styles): Chart[] {
  const charts: Measurement[][] = [];
  for (const group of groupByLoad(measurements.filter(({ inFlight }) => inFlight.count > 0))) {
    const last = charts.at(-1);
    if (last !== undefined && last.length + group.length <= ROWS_A_CHART) last.push(...group);
    else charts.push([...group]);
  }
  return charts.map((rows, index) => drawInFlight(rows, styles, index, charts.length));
}

function drawInFlight(rows: readonly Measurement[], styles: Styles, index: number, of: number): Chart {
  const title = `Requests in flight when one is sent${of === 1 ? '' : `, part ${index + 1} of ${of}`}`;
  return {
    name: of === 1 ? 'in-flight' : `in-flight-${index + 1}`,
    title,
    svg: drawBoxChart({
      title,
      description: rows
        .map(
          (measurement) =>
            `${describeLoad(measurement)}, ${labelOf(measurement)}: median ${formatNumber(measurement.inFlight.median)}, maximum ${formatNumber(measurement.inFlight.max)}`,
        )
        .join('; '),
      xLabel: 'requests in flight (logarithmic; below 1 drawn at the axis)',
      rows: rows.map((measurement) => ({
        name: `${shortLoad(measurement)} ${labelOf(measurement)}`,
        style: styles.get(measurement.deployment)!,
        distribution: measurement.inFlight,
      })),
    }),
  };
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
