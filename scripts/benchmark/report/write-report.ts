import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findPackageRoot } from '../../../contracts/program/package-root';
import { type RunResults } from '../../../contracts/benchmark/run-results';
import { describeMachine } from './measurements/describe-machine';
import { deploymentsOf } from './measurements/load';
import { type Page, renderPage } from './page';
import { sectionsOf } from './sections/sections';

/** The report of one run as an HTML document. */
export function renderReport(results: RunResults): string {
  const { name, measurements, machine, startedAt, finishedAt, endedEarly } = results;
  const invalid = measurements.filter((measurement) => measurement.invalid.length > 0).length;
  const warnings = [
    ...(endedEarly === undefined ? [] : [`The run ended early: ${endedEarly}.`]),
    ...(invalid === 0
      ? []
      : [`${invalid} of ${measurements.length} measurements do not count; the tables say why.`]),
  ];
  const page: Page = {
    title: `Benchmark: ${name}`,
    facts: [
      ['Machine', describeMachine(machine)],
      ['Started', readable(startedAt)],
      ['Finished', readable(finishedAt)],
      ['Deployments', deploymentsOf(measurements).join(', ') || 'none'],
      ['Format', results.format],
      ['Written by', `mis-bench ${packageVersion()}`],
    ],
    warning: warnings.length > 0 ? warnings.join(' ') : undefined,
    sections: sectionsOf(results),
  };
  return renderPage(page);
}

/**
 * Writes `report.html` into `folder`, which is made where it is not there yet. The file needs no network and no other file.
 * Rejects where the folder cannot be written.
 */
export async function writeReport(results: RunResults, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'report.html'), renderReport(results));
}

/** The version of the package, which sources and compiled files both lie in. */
function packageVersion(): string {
  const text = readFileSync(join(findPackageRoot(__dirname), 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

function readable(time: string): string {
  return time.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC');
}
