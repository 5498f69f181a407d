import { type PipelineDocument, type Step } from './pipeline-document';
import { type PlannedModel } from './plan';

/** A step and where it stands in its document. */
export interface DocumentStep {
  /** E.g. `preprocessing[1]`. */
  readonly path: string;
  readonly step: Step;
}

/** The models that a document names, by their keys in its plan. */
export function modelsOf({ model, inferencer }: PipelineDocument): ReadonlyMap<string, PlannedModel> {
  return new Map([[model.name, { path: 'model', document: model, inferencer }]]);
}

/** All steps of a document, in its order. */
export function stepsOf({ preprocessing, postprocessing }: PipelineDocument): readonly DocumentStep[] {
  return Object.entries({ preprocessing, postprocessing }).flatMap(([section, steps]) =>
    steps.map((step, index) => ({ path: `${section}[${index}]`, step })),
  );
}
