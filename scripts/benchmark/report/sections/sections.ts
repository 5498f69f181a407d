import { type Measurement, type RunResults } from '../../results/run-results';
import { stylesOf } from '../charts/series-style';
import { type Findings, findingsOf } from '../findings/findings';
import { element, escapeText } from '../markup';
import { deploymentsOf } from '../measurements/load';
import { latencyTable } from '../tables/latency-table';
import { pictureTable } from '../tables/picture-table';
import { publishedTable } from '../tables/published-table';
import { resourceTable } from '../tables/resource-table';
import { tableToHtml } from '../tables/table';
import { throughputTable } from '../tables/throughput-table';
import { inFlightChart, latencyCharts } from './latency-charts';
import { loadCharts } from './load-charts';
import { type Chart, type Section } from './section';
import { timeCharts } from './time-charts';

/** All parts of a report, in the order of reading: what it means, then tables, then pictures. */
export function sectionsOf(results: RunResults): readonly Section[] {
  const { measurements, machine } = results;
  const styles = stylesOf(deploymentsOf(measurements));
  const [fall, scratch, others] = byProfile(measurements);
  return [
    section('findings', 'What the numbers say', ...findingsOf(results).map(subject)),
    section('latency', 'Fall detection: latency', fall.length > 0 ? tableToHtml(latencyTable(fall)) : ''),
    section(
      'published',
      'Beside the published figures',
      fall.length > 0 ? tableToHtml(publishedTable(fall, machine)) : '',
    ),
    section(
      'pictures',
      'Scratch detection: time for an image',
      scratch.length > 0 ? tableToHtml(pictureTable(scratch)) : '',
    ),
    section('throughput', 'Throughput', others.length > 0 ? tableToHtml(throughputTable(others)) : ''),
    section('densities', 'Latency densities', figures(latencyCharts(fall, styles))),
    section('in-flight', 'Requests in flight', figures(inFlightChart(fall, styles))),
    section(
      'resources',
      'CPU and network',
      measurements.length > 0 ? tableToHtml(resourceTable(measurements)) : '',
      figures(loadCharts(fall, styles)),
    ),
    section('over-time', 'Over time', figures(timeCharts(measurements, styles))),
  ].filter(({ content }) => content.length > 0);
}

/** Fall detection, scratch detection, everything else. */
function byProfile(measurements: readonly Measurement[]): [Measurement[], Measurement[], Measurement[]] {
  const of = (...profiles: string[]): Measurement[] =>
    measurements.filter(({ profile }) => profiles.includes(profile));
  return [of('fall-detection'), of('scratch-detection'), of('closed-loop', 'steps', 'burst', 'custom')];
}

function section(id: string, title: string, ...content: string[]): Section {
  return { id, title, content: content.filter((markup) => markup !== '') };
}

function subject({ subject: title, sentences }: Findings): string {
  const items = sentences.map((sentence) => element('li', {}, escapeText(sentence)));
  return element('h3', {}, escapeText(title)) + element('ul', {}, ...items);
}

function figures(charts: readonly Chart[]): string {
  if (charts.length === 0) return '';
  return element('div', { class: 'figures' }, ...charts.map(({ svg }) => element('figure', {}, svg)));
}
