import { rateWindow } from '../../private/rate-window';
import { type RuleGroup } from './rule-group';

export interface RuleScope {
  /** Seconds between two scrapes: ranges have at least four samples. */
  readonly scrapeSeconds: number;
  /** Namespaces of the series, in a Prometheus that scrapes others too. @default - all */
  readonly namespaces?: readonly string[];
}

/** Series with a label `namespace` that tells the stack; those of nodes and GPUs are of the cluster. */
const SERIES = /\b((?:inference_|envoy_|mis_)\w+|inference:\w+:\w+|up)\b(?!\s*(?:=|!=|=~|!~)\s*")(\{)?/g;

/** Rules for one stack. */
export function scopedRules(
  groups: readonly RuleGroup[],
  { scrapeSeconds, namespaces }: RuleScope,
): readonly RuleGroup[] {
  const matcher = namespaces && `namespace=~"${[...namespaces].sort().join('|')}"`;
  const scoped = (expr: string) => {
    const windowed = expr.replace(
      /\[(\d+)m\]/g,
      (_, minutes) => `[${rateWindow(60 * Number(minutes), scrapeSeconds)}]`,
    );
    if (matcher === undefined) return windowed;
    return windowed.replace(SERIES, (_, series: string, open?: string) =>
      open === undefined ? `${series}{${matcher}}` : `${series}{${matcher},`,
    );
  };
  return groups.map(({ name, rules }) => ({
    name,
    rules: rules.map((rule) => ({ ...rule, expr: scoped(rule.expr) })),
  }));
}
