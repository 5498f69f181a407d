import { z } from 'zod';
import { ENGINE_NAMES } from '../../contracts/names/engines';
import { COMPONENT_NAME, COMPONENT_VERSION, PIPELINE_NAME } from '../../contracts/names/name-patterns';
import { SERVICES } from '../../contracts/names/services';
import { onnxParametersSchema } from './onnx-parameters';
import { tensorFormatSchema } from '../../contracts/package/tensor-format-schema';

const componentVersion = z
  .string()
  .regex(COMPONENT_VERSION, 'a version is letters, digits and . _ + -, at most 128, e.g. 1.0.0')
  .describe('Version of the component');
const componentName = z
  .string()
  .regex(COMPONENT_NAME, 'a component name is letters, digits and . _ -, at most 128, without slashes')
  .describe('Name of the component');
const digest = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/, 'a digest is sha256: and 64 hexadecimal digits')
  .describe('Digest that the package must have');
const tensorName = z
  .string()
  .min(1)
  .max(256)
  .refine((name) => name !== '__proto__', '"__proto__" cannot be the name of a value');

/** One step: which transformation, what it works on, and its parameters beside that. */
export const stepSchema = z
  .object({
    use: z.string().min(1).describe('Name of a built-in transformation or of a component'),
    version: componentVersion.optional(),
    digest: digest.optional(),
    on: tensorName
      .optional()
      .describe('Value that the step works on; default: what the step before worked on'),
    as: tensorName.optional().describe('Name of the result; default: the name it worked on'),
    timeoutMs: z
      .int()
      .min(1)
      .optional()
      .describe("Milliseconds after which a component's step is given up; default 10000"),
    workers: z
      .int()
      .min(1)
      .max(64)
      .optional()
      .describe(
        'Threads that run the component, each with its own copy of its module; default: one thread for all components',
      ),
  })
  .catchall(z.unknown())
  .describe('A transformation and its parameters');

/** Keys of a step that are not parameters of its transformation. */
export const STEP_KEYS = ['use', 'version', 'digest', 'on', 'as', 'timeoutMs', 'workers'] as const;

const maxBatchSize = z.int().min(1).max(65536);
const maxQueueDelayMs = z.number().min(0).max(60_000);
const maxQueueSize = z.int().min(1);
const workers = z.int().min(1).max(256);

/** What may change while a model serves; all of it is optional. */
export const inferencerSettingsSchema = z
  .strictObject({ maxBatchSize, maxQueueDelayMs, maxQueueSize, workers })
  .partial();

const batchingSchema = z.strictObject({
  maxBatchSize: maxBatchSize.default(64).describe('Most rows along axis 0 in one run'),
  maxQueueDelayMs: maxQueueDelayMs
    .default(0)
    .describe('Longest wait for a fuller batch while the model is idle, in milliseconds'),
  maxQueueSize: maxQueueSize.default(1024).describe('Most requests that wait for a run'),
  axis: z
    .literal(0)
    .default(0)
    .describe('Axis of inputs and outputs that holds the rows; only the first can'),
  independentRows: z
    .boolean()
    .optional()
    .describe(
      "Whether the answer to a row depends on it alone; true and false overrule the names of axes and the trial at load. Default: as the model's file and the trial say",
    ),
});

const inferencerFields = z.strictObject({
  use: z.enum(ENGINE_NAMES).default('onnx').describe('The inferencer; onnx is ONNX Runtime'),
  execution: z
    .enum(['auto', 'inline', 'worker', 'process'])
    .default('auto')
    .describe(
      'Where the model runs: in the main thread, in worker threads or in processes. auto: a process for a model that a request could make crash or hang, else a worker when a full batch takes over a millisecond',
    ),
  workers: workers.optional().describe('Worker threads or processes with a session each; default 1'),
  ...onnxParametersSchema.shape,
  hangLimitMs: z
    .int()
    .min(1)
    .max(2 ** 31 - 1)
    .optional()
    .describe(
      'Milliseconds after which a run in the engine is given up and its worker replaced; default: never',
    ),
  batching: z
    .union([z.literal(false), batchingSchema])
    .prefault({})
    .describe(
      'How requests share a run; false: never. A model whose axis 0 is no batch is run request by request',
    ),
});

const inferencerSchema = inferencerFields
  .refine(({ execution, hangLimitMs }) => execution !== 'inline' || hangLimitMs === undefined, {
    path: ['hangLimitMs'],
    error:
      'needs a worker or process (execution: auto, worker or process): a run in the main thread cannot be given up',
  })
  .meta({ not: { properties: { execution: { const: 'inline' } }, required: ['execution', 'hangLimitMs'] } });

export const admissionSchema = z.strictObject({
  maxRequests: z
    .int()
    .min(1)
    .default(1024)
    .describe(
      'Most requests between admission and answer; beyond it one of each stream waits and it is not read',
    ),
  maxBytes: z
    .int()
    .min(1)
    .default(2 ** 30)
    .describe('Most bytes of such requests, and of those that wait; one larger request is let in alone'),
  maxWaitMs: z
    .int()
    .min(0)
    .max(3_600_000)
    .default(60_000)
    .describe(
      'Longest wait of a request to be let in, in milliseconds; then it is answered RESOURCE_EXHAUSTED. 0: at once',
    ),
});

const modelSchema = z.strictObject({
  name: componentName,
  version: componentVersion,
  digest: digest.optional(),
  inputs: z
    .record(tensorName, tensorName)
    .optional()
    .describe('Model input → value of the pipeline; default: equal names, or the only one of each'),
  outputs: z
    .record(tensorName, tensorName)
    .optional()
    .describe('Model output → name in the pipeline; default: its own name'),
  imageIndex: tensorName
    .optional()
    .describe(
      'Model output that says of which item of the batch each detection is; a list then goes into the model as one batch',
    ),
  format: z
    .record(tensorName, tensorFormatSchema.partial())
    .optional()
    .describe(
      'What the model expects beyond what its file says, by model input: unit, layout, normalized, …',
    ),
});

/**
 * The pipeline document: the one source of its type, its validation, its JSON Schema (`schema/`) and its documentation.
 */
export const pipelineDocumentSchema = z.strictObject({
  $schema: z.string().optional().describe('Where an editor finds the schema'),
  name: z
    .string()
    .regex(
      PIPELINE_NAME,
      'a pipeline name is 1 to 63 lower-case letters, digits and hyphens, not at the ends',
    )
    .describe('Name of the pipeline; what a client sends as x-pipeline'),
  description: z.string().optional(),
  service: z
    .enum(SERVICES)
    .optional()
    .describe('The only service that the pipeline is served over; default: all that can carry its formats'),
  services: z
    .array(z.enum(SERVICES))
    .min(1)
    .optional()
    .describe('The services that the pipeline is served over, where it is more than the one of `service`'),
  input: z
    .record(tensorName, tensorFormatSchema)
    .refine((input) => Object.keys(input).length > 0, 'a pipeline has at least one input')
    .meta({ minProperties: 1 })
    .describe('Formats of the tensors that a request brings'),
  preprocessing: z.array(stepSchema).default([]),
  model: modelSchema,
  inferencer: inferencerSchema.prefault({}),
  reload: z
    .enum(['watch', 'follow'])
    .default('watch')
    .describe('watch: a changed file is swapped in; follow: a new package in the repository as well'),
  keep: z
    .array(tensorName)
    .optional()
    .describe('Values from before the model that steps after it and the answer can use; default: none'),
  admission: admissionSchema.prefault({}).describe('What is let in at once'),
  postprocessing: z.array(stepSchema).default([]),
  output: z
    .record(tensorName, tensorFormatSchema)
    .optional()
    .describe('Formats of the tensors of the answer; default: all that the last step leaves'),
});

/** A checked document, defaults filled in. */
export type PipelineDocument = z.output<typeof pipelineDocumentSchema>;
/** What an author writes; defaults may be left out. */
export type PipelineDocumentInput = z.input<typeof pipelineDocumentSchema>;
export type Step = z.output<typeof stepSchema>;
export type BatchingDocument = z.output<typeof batchingSchema>;
export type InferencerDocument = z.output<typeof inferencerSchema>;
export type ModelDocument = z.output<typeof modelSchema>;

const COMMON_KEYS: ReadonlySet<string> = new Set(['use', 'execution', 'workers', 'hangLimitMs', 'batching']);

/** What the document says of the engine itself, beside the keys that all engines have. */
export function engineParameters(inferencer: InferencerDocument): Record<string, unknown> {
  return Object.fromEntries(Object.entries(inferencer).filter(([key]) => !COMMON_KEYS.has(key)));
}

/** The parameters of a step's transformation. */
export function stepParameters(step: Step): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(step).filter(([key]) => !(STEP_KEYS as readonly string[]).includes(key)),
  );
}
