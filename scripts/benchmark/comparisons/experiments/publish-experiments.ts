import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RunResults } from '../../../../contracts/benchmark/run-results';
import { findPackageRoot } from '../../../../contracts/program/package-root';
import { drawChart } from '../../report/chart';
import { describeMachine } from '../../report/format';
import { chartsOf } from '../../report/run-charts';
import { tablesOf } from '../../report/run-tables';
import { tableToMarkdown } from '../../report/table';

const GENERATED =
  '<!-- Written by `npm run bench:experiments -- --publish`; changes by hand are lost with the next run. -->';

/** The committed copy of a run's figures: the report's notes, tables and pictures as Markdown. */
export function renderExperiments(results: RunResults): string {
  const tables = tablesOf(results).flatMap(({ title, table }) => [`## ${title}`, tableToMarkdown(table)]);
  const charts = chartsOf(results).flatMap(({ title, charts: drawn }) => [
    `## ${title}`,
    ...drawn.map(({ name, title: alt }) => `![${alt}](experiments/${name}.svg)`),
  ]);
  const markdown = [
    '# Experiments',
    GENERATED,
    `Measured on ${results.startedAt.slice(0, 10)} with ${describeMachine(results.machine)}. [benchmark.md](benchmark.md) tells how to repeat it.`,
    (results.notes ?? []).map((note) => `- ${note}`).join('\n'),
    ...tables,
    ...charts,
  ];
  return `${markdown.filter((part) => part !== '').join('\n\n')}\n`;
}

/** Replaces `docs/experiments.md` and its pictures. */
export async function publishExperiments(
  results: RunResults,
  root = findPackageRoot(__dirname),
): Promise<void> {
  const folder = join(root, 'docs/experiments');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const chart of chartsOf(results).flatMap(({ charts }) => charts))
    writeFileSync(join(folder, `${chart.name}.svg`), `${await drawChart(chart)}\n`);
  const file = join(root, 'docs/experiments.md');
  writeFileSync(file, renderExperiments(results));
  const prettier = join(findPackageRoot(__dirname), 'node_modules/prettier/bin/prettier.cjs');
  execFileSync(process.execPath, [prettier, '--write', file], { cwd: root, stdio: 'pipe' });
}
