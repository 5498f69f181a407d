import { findingsOf } from '../report/findings/findings';
import { describeMachine } from '../report/measurements/describe-machine';
import { tablesOf } from '../report/sections/tables-of';
import { chartsOf } from '../report/sections/charts-of';
import { type Chart } from '../report/sections/section';
import { tableToMarkdown } from '../report/tables/table';
import { type RunResults } from '../../../contracts/benchmark/run-results';

export interface RenderedExperiments {
  readonly markdown: string;
  /** Each is a file `experiments/<name>.svg`. */
  readonly pictures: readonly Chart[];
}

const GENERATED =
  '<!-- Written by `npm run bench:experiments -- --publish`; changes by hand are lost with the next run. -->';

/** The committed copy of a run's figures: the report's sentences, tables and pictures as Markdown. */
export function renderExperiments(results: RunResults): RenderedExperiments {
  const pictures = chartsOf(results).flatMap(({ charts }) => charts);
  const findings = findingsOf(results).flatMap(({ subject, sentences }) => [
    `### ${subject}`,
    sentences.map((sentence) => `- ${sentence}`).join('\n'),
  ]);
  const tables = tablesOf(results).flatMap(({ title, table }) => [`## ${title}`, tableToMarkdown(table)]);
  const charts = chartsOf(results).flatMap(({ title, charts: drawn }) => [
    `## ${title}`,
    ...drawn.map(({ name, title: alt }) => `![${alt}](experiments/${name}.svg)`),
  ]);
  const markdown = [
    '# Experiments',
    GENERATED,
    `Measured on ${results.startedAt.slice(0, 10)} with ${describeMachine(results.machine)}. [benchmark.md](benchmark.md) tells how to repeat it.`,
    '## What the numbers say',
    ...findings,
    ...tables,
    ...charts,
  ];
  return { markdown: `${markdown.join('\n\n')}\n`, pictures };
}
