import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findPackageRoot } from '../../../contracts/program/package-root';
import { type RunResults } from '../../../contracts/benchmark/run-results';
import { describeMachine } from './format';
import { deploymentsOf } from './load';
import { element, escapeText } from './markup';
import { figures, renderPage, type Section } from './page';
import { chartsOf } from './run-charts';
import { tablesOf } from './run-tables';
import { tableToHtml } from './table';

export async function renderReport(results: RunResults): Promise<string> {
  const { name, measurements, machine, startedAt, finishedAt, endedEarly } = results;
  const invalid = measurements.filter((measurement) => measurement.invalid.length > 0).length;
  const warning = [
    endedEarly === undefined ? '' : `The run ended early: ${endedEarly}.`,
    invalid === 0
      ? ''
      : `${invalid} of ${measurements.length} measurements do not count; the tables say why.`,
  ].filter((text) => text !== '');
  return renderPage({
    title: `Benchmark: ${name}`,
    facts: [
      ['Machine', describeMachine(machine)],
      ['Started', readable(startedAt)],
      ['Finished', readable(finishedAt)],
      ['Deployments', deploymentsOf(measurements).join(', ') || 'none'],
      ['Format', results.format],
      ['Written by', `mis-bench ${packageVersion()}`],
    ],
    warning: warning.join(' ') || undefined,
    sections: await sectionsOf(results),
  });
}

/** All parts of a report, in the order of reading: notes, tables, pictures. */
async function sectionsOf(results: RunResults): Promise<Section[]> {
  const notes = (results.notes ?? []).map((note) => element('li', {}, escapeText(note)));
  const pictures = chartsOf(results).map(async ({ id, title, charts }) => ({
    ...{ id, title, content: [await figures(charts)] },
  }));
  const lists = { id: 'notes', title: 'Notes of the run', content: [element('ul', {}, ...notes)] };
  return [
    ...(notes.length > 0 ? [lists] : []),
    ...tablesOf(results).map(({ id, title, table }) => ({ id, title, content: [tableToHtml(table)] })),
    ...(await Promise.all(pictures)),
  ];
}

/**
 * Writes `report.html` into `folder`, which is created if needed. The file loads no other file.
 * @throws Error where the folder cannot be written.
 */
export async function writeReport(results: RunResults, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'report.html'), await renderReport(results));
}

function packageVersion(): string {
  const text = readFileSync(join(findPackageRoot(__dirname), 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

function readable(time: string): string {
  return time.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC');
}
