import { Document, isCollection, stringify, visit } from 'yaml';
import { type PipelineDocumentInput } from '../../runtime/config';
import { fallDetection } from './fall-detection/pipeline';

interface PipelineSource {
  readonly document: PipelineDocumentInput;
  /** What it is for, in one line. */
  readonly about: string;
}

/** The pipelines of this package that are typed values, by their folder. */
const SOURCES: Readonly<Record<string, PipelineSource>> = {
  'fall-detection': {
    document: fallDetection,
    about:
      'Falls of a person, from one accelerometer: each request brings a window of nine observations of three axes.',
  },
};

/** Longest list or map that is written on one line. */
const ONE_LINE = 80;

/** Each pipeline as a file, path in the package → text, for whoever works without TypeScript. */
export function pipelineDocuments(): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(SOURCES).map(([folder, source]) => [
      `stacks/pipelines/${folder}/pipeline.yaml`,
      write(source),
    ]),
  );
}

function write({ document, about }: PipelineSource): string {
  const tree = new Document(document, { aliasDuplicateObjects: false });
  visit(tree, {
    Collection: (_key, node) => {
      if (node !== tree.contents && isCollection(node)) node.flow = oneLine(node.toJSON()).length <= ONE_LINE;
    },
  });
  const text = tree.toString({ lineWidth: 0 }).replaceAll(/\[ (.*?) \]/g, '[$1]');
  return `# ${about}\n# Written from pipeline.ts by \`npm run generate\`; change it there.\n${text}`;
}

function oneLine(value: unknown): string {
  return stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trim();
}
