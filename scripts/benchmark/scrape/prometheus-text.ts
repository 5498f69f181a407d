/** One value of an exposition. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?\s*$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/** The samples of these names in a Prometheus text exposition; lines that are none are passed over. */
export function parsePrometheusText(text: string, names: ReadonlySet<string>): Sample[] {
  const samples: Sample[] = [];
  for (const line of text.split('\n')) {
    // Most lines are of other names: they are told by their first word, without a pattern.
    const end = line.search(/[{\s]/);
    if (end <= 0 || !names.has(line.slice(0, end))) continue;
    const match = LINE.exec(line);
    if (match === null) continue;
    const [, name, labelText = '', number] = match;
    const labels = [...labelText.matchAll(LABEL)].map(([, label, value]) => [label, unescape(value)]);
    samples.push({
      name,
      labels: Object.fromEntries(labels) as Record<string, string>,
      value: toNumber(number),
    });
  }
  return samples;
}

function unescape(text: string): string {
  return text.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character));
}

function toNumber(text: string): number {
  if (/^[+-]?Inf$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  return Number(text);
}
