import { type StepNames } from '../../transformations/transformation';
import { type TensorFormat } from '../../formats/format';
import { type BuiltInName } from '../../transformations/built-ins';

/** A step that runs in the thread of the model, as plain data that can be posted to it. */
export interface PlacedStep {
  readonly use: BuiltInName;
  /** As in the plan's node. */
  readonly label: string;
  readonly parameters: unknown;
  readonly names: StepNames;
  /** Set where only what the step does to each item alone runs there, and the step itself after it as usual. */
  readonly isPreparation?: boolean;
}

/** One input of a model that has steps before it. */
export interface SteppedInput {
  /** The model's own name. */
  readonly model: string;
  /** Before the steps. */
  readonly format: TensorFormat;
  /** Steps of this input, in order; each works on the value that the one before left. */
  readonly steps: readonly PlacedStep[];
  /** Whether the model wants a batch axis of 1 before what the steps leave. */
  readonly asRow: boolean;
  /** Whether the value is a batch and the steps work on each of its items. */
  readonly isBatch: boolean;
}

/**
 * The steps next to a model that work on each item alone. They run in its thread: the pixels of a picture go straight into
 * the memory that the model reads, the thread that serves stays free, and only as many pictures are prepared as models run.
 */
export interface ModelSteps {
  readonly inputs: readonly SteppedInput[];
  /** Steps over the outputs, under their names in the pipeline. */
  readonly after: readonly PlacedStep[];
  /** Model output → value, for the values that the steps after the model see. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Formats of the values after those steps. */
  readonly outputFormats: Readonly<Record<string, TensorFormat>>;
}
