import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { tensor } from '../../runtime/tensor/tensor';
import { OnnxGraph } from '../onnx/onnx-graph';
import { encodeOnnxModel } from '../onnx/onnx-model';

/** What a version of the pipeline makes of x: (factor × x + constant) × weight, whole numbers all. */
export interface Mark {
  /** In the document: a preprocessing step's parameter. */
  readonly factor: number;
  /** In the model. */
  readonly constant: number;
  /** In the code of a component that postprocesses. */
  readonly weight: number;
}

/** What is changed: everything at once (the document names other components), or one file in place. */
export const CHANGES = ['document', 'model', 'transformation'] as const;
export type Change = (typeof CHANGES)[number];

/** Ways to write a version that cannot serve. */
export const SPOILS = ['document', 'model', 'transformation'] as const satisfies readonly Change[];

export function answerOf({ factor, constant, weight }: Mark, x: number): number {
  return (factor * x + constant) * weight;
}

/** A pipeline in a folder whose answers carry the versions of its document, model and code. */
export class MarkedPipeline {
  readonly document: string;
  private version = 0;
  /** The version that the document names. */
  private named = 0;
  private current: Mark = this.nextMark();

  /**
   * @param execution where the model runs
   * @param hasCode whether the weight is in the code of a component; otherwise it is in the document
   */
  constructor(
    private readonly folder: string,
    private readonly execution: 'auto' | 'worker',
    private readonly hasCode = true,
  ) {
    this.document = join(folder, 'pipeline.yaml');
    this.writeAll();
  }

  get mark(): Mark {
    return this.current;
  }

  /** Writes the next version; each file takes its name whole. */
  change(what: Change): Mark {
    const { current } = this;
    this.version += 1;
    const next = this.nextMark();
    if (what === 'document') {
      this.current = next;
      this.named = this.version;
      this.writeAll();
    } else if (what === 'model') {
      this.current = { ...current, constant: next.constant };
      this.writeModel();
    } else {
      this.current = { ...current, weight: next.weight };
      this.writeCode();
    }
    return this.current;
  }

  /** Writes something that cannot serve; `mend` puts back what was there. */
  spoil(what: Change): void {
    if (what === 'document') place(this.document, 'name: marked\nmodel: {');
    else if (what === 'model') place(this.modelFile, 'no model');
    else place(this.codeFile, "throw new Error('spoilt')");
  }

  mend(): void {
    this.writeAll();
  }

  private nextMark(): Mark {
    const { version } = this;
    return {
      factor: 1 + (version % 3),
      constant: this.current?.constant === 1000 ? 2000 : 1000,
      weight: 10 + version,
    };
  }

  private get modelFile(): string {
    return join(this.folder, `components/model/marked/${this.named}/model.onnx`);
  }

  private get codeFile(): string {
    return join(this.folder, `components/transformation/weigh/${this.named}/index.js`);
  }

  private writeAll(): void {
    this.writeModel();
    this.writeCode();
    const { named } = this;
    const manifest = { kind: 'transformation', name: 'weigh', version: String(named), entry: 'index.js' };
    place(join(dirname(this.codeFile), 'component.json'), JSON.stringify(manifest));
    const document = {
      name: 'marked',
      input: { x: { dtype: 'float32', shape: ['batch', 1] } },
      preprocessing: [{ use: 'scale', factor: this.current.factor }],
      model: { name: 'marked', version: String(named) },
      inferencer: { execution: this.execution },
      postprocessing: [
        this.hasCode
          ? { use: 'weigh', version: String(named) }
          : { use: 'scale', factor: this.current.weight },
      ],
    };
    place(this.document, stringify(document));
  }

  private writeModel(): void {
    const graph = new OnnxGraph('add-a-constant');
    const constant = tensor('float32', [1], Float32Array.of(this.current.constant));
    graph.input('x', 'float32', ['batch', 1]);
    const y = graph.node('Add', ['x', graph.constant('constant', constant)], { name: 'y' });
    graph.output(y, 'float32', ['batch', 1]);
    place(this.modelFile, encodeOnnxModel(graph));
  }

  private writeCode(): void {
    place(
      this.codeFile,
      `module.exports = ({ defineTransformation, tensor, z }) => defineTransformation({
  name: 'weigh', description: 'Multiplies by a weight of its own.', parameters: z.strictObject({}),
  format: (input) => input,
  apply: (x) => tensor('float32', x.shape, x.data.map((value) => value * ${this.current.weight})),
});
`,
    );
  }
}

function place(file: string, content: string | Uint8Array): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, content);
  renameSync(`${file}.new`, file);
}
