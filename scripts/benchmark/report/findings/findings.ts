import { type Measurement, type RunResults } from '../../../../contracts/benchmark/run-results';
import { capacityFindings, comparisonFinding } from './capacity-findings';
import { costFindings } from './cost-findings';
import { pictureFindings } from './picture-findings';
import { publishedFindings } from './published-findings';
import { throughputFindings } from './throughput-findings';
import { validityFindings } from './validity-findings';

/** Sentences about one subject. */
export interface Findings {
  readonly subject: string;
  readonly sentences: readonly string[];
}

/** What the numbers of a run say, in sentences that hold for these numbers; subjects without any are left out. */
export function findingsOf(results: RunResults): readonly Findings[] {
  const of = (profile: Measurement['profile']): Measurement[] =>
    results.measurements.filter((measurement) => measurement.profile === profile);
  const fall = of('fall-detection');
  return [
    { subject: 'What counts', sentences: validityFindings(results) },
    { subject: 'Fall detection', sentences: [...capacityFindings(fall), ...comparisonFinding(fall)] },
    { subject: 'Steps', sentences: capacityFindings(of('steps')) },
    { subject: 'What an answer costs', sentences: costFindings(fall.length > 0 ? fall : of('steps')) },
    { subject: 'Scratch detection', sentences: pictureFindings(of('scratch-detection')) },
    { subject: 'Most answers', sentences: throughputFindings(of('closed-loop')) },
    { subject: 'Beside the published figures', sentences: fall.length > 0 ? publishedFindings(fall) : [] },
    { subject: 'Notes of the run', sentences: results.notes ?? [] },
  ].filter(({ sentences }) => sentences.length > 0);
}
