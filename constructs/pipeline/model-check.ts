import { readOnnxMetadata } from '../../runtime/definition';
import { type Construct, type IValidation } from 'constructs';
import { type ComponentFolder } from './component-folder';
import { type PipelineFile } from './pipeline-file';

/** Checks pipelines at synth against models that lie in a folder: they are there, and the formats fit. @internal */
export class ModelCheck implements IValidation {
  constructor(
    owner: Construct,
    private readonly pipelines: readonly PipelineFile[],
    private readonly folder: ComponentFolder,
    /** Whether a model that is not in the folder may come from elsewhere. */
    private readonly mayBeAbsent: boolean,
  ) {
    owner.node.addValidation(this);
  }

  validate(): string[] {
    return this.pipelines.flatMap((pipeline) => this.check(pipeline));
  }

  private check(pipeline: PipelineFile): string[] {
    const { name, model } = pipeline.document;
    const place = `${this.folder.folder}/model/${model.name}/${model.version}`;
    if (!this.folder.has('model', model.name, model.version)) {
      return this.mayBeAbsent ? [] : [`pipeline ${name}: its model is not in ${place}`];
    }
    const file = this.folder.modelFile(model.name, model.version);
    if (file === undefined) return [`pipeline ${name}: ${place} has no model file`];
    try {
      const { unsupported: leftOut, ...metadata } = readOnnxMetadata(file);
      return pipeline.problemsWith({ ...metadata, leftOut }).map((problem) => `pipeline ${name}: ${problem}`);
    } catch (error) {
      return [`pipeline ${name}: ${file} ${error instanceof Error ? error.message : String(error)}`];
    }
  }
}
