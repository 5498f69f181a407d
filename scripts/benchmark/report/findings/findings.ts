import { type Measurement, type RunResults } from '../../results/run-results';
import { capacityFindings, comparisonFinding } from './capacity-findings';
import { costFindings } from './cost-findings';
import { pictureFindings } from './picture-findings';
import { publishedFindings } from './published-findings';
import { throughputFindings } from './throughput-findings';
import { validityFindings } from './validity-findings';

/** What the numbers of a run say, in sentences that hold for these numbers. */
export function findingsOf(results: RunResults): readonly string[] {
  const of = (profile: Measurement['profile']): Measurement[] =>
    results.measurements.filter((measurement) => measurement.profile === profile);
  const fall = of('fall-detection');
  return [
    ...validityFindings(results),
    ...capacityFindings(fall),
    ...comparisonFinding(fall),
    ...costFindings(fall),
    ...pictureFindings(of('scratch-detection')),
    ...throughputFindings(of('closed-loop')),
    ...(fall.length > 0 ? publishedFindings(fall) : []),
  ];
}
