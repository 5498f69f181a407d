import { type z } from 'zod';
import { type ModelMetadata } from '../../formats/model-metadata';
import { type NamedTensors } from '../../tensor/tensor';

/** What a session grants a model beside the parameters of its document. */
export interface OpenContext {
  /** Threads inside one run, unless the parameters say otherwise. */
  readonly threads: number;
  /**
   * Whether outputs go on to another thread. Memory that JavaScript has allocated can be moved there; memory that belongs to
   * native code has to be copied.
   */
  readonly movesOutputs: boolean;
}

/** A model that an engine has loaded in the current thread. Its session calls `run` again only when the previous run has settled. */
export interface EngineModel {
  readonly metadata: ModelMetadata;
  /** Whether tensors without elements may crash the engine; such requests are refused before they reach it. */
  readonly refusesEmpty: boolean;
  /** Milliseconds that loading the model took, without loading the engine itself. */
  readonly openMs: number;
  /** Milliseconds that the last run spent in the engine. */
  readonly lastRunMs: number;
  /**
   * Runs the model on one tensor for each input of its metadata, and answers one for each output. The inputs' memory is read
   * until the promise settles.
   * @throws InferenceError MODEL_REFUSED or INPUT_MISMATCH when the inputs are at fault; anything else counts as MODEL_FAILED.
   */
  run(inputs: NamedTensors): Promise<NamedTensors>;
  /** Frees the model; no run follows. */
  release(): Promise<void>;
}

/** What an engine can tell of a model's file before it loads it. */
export interface ModelInspection {
  /** Why a request may end, hang or exhaust the process that runs the model. */
  readonly hazard?: string;
  /** Why rows that share a run change each other's answers. */
  readonly mixing?: string;
  /** Other files that the model is made of, relative to its folder. */
  readonly files: readonly string[];
}

/** Loads and runs models of one kind; batching, workers, warm-up, limits and metrics around it are the inferencer's. */
export interface Engine<P = unknown> {
  /** What `inferencer.use` says. */
  readonly name: string;
  /** Schema of what a document says beside the keys that all engines have. */
  readonly parameters: z.ZodType<P>;
  /**
   * Formats of the model's inputs and outputs, read without loading it.
   * @throws Error whose message continues the name of the file.
   */
  metadata(file: string): ModelMetadata;
  /** Default: nothing is known. @throws Error like `metadata`. */
  inspect?(file: string): ModelInspection;
  /**
   * Writes, beside the file, a model that also answers the numbers that its discrete outputs are decided by, and says where.
   * Undefined when it has none.
   */
  writeProbe?(file: string): Promise<string | undefined>;
  /**
   * What writes a variant of the model that asks for `requiredInputs`, which are optional in `file`, and whose outputs are
   * tensors as `metadata` says; `undefined` where the file does so itself.
   */
  adapt?(file: string, requiredInputs: readonly string[]): ((target: string) => Promise<void>) | undefined;
  /**
   * Loads a model; may block the thread.
   * @throws ConfigurationError that names the file.
   */
  open(file: string, parameters: P, context: OpenContext): Promise<EngineModel>;
}
