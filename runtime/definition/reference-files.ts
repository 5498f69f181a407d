import { z } from 'zod';

/** What a reference configuration says of one kind of data. Facts that no check of ours knows have no effect. */
const dataType = z.looseObject({
  size: z.array(z.int().min(1)).max(16),
  normalized: z.boolean().optional(),
  vector_length: z.boolean().optional(),
  unit: z.string().min(1).optional(),
});
export type ReferenceDataType = z.output<typeof dataType>;

export const formatFile = z.strictObject({
  data_types: z
    .record(z.string().min(1), dataType)
    .refine((types) => Object.keys(types).length > 0, 'names no data'),
});

const name = z.union([z.string().min(1), z.number()]).transform(String);

export const modelFile = z.strictObject({
  model_name: name,
  model_version: name,
  library: z.enum(['onnx', 'tflite', 'torch']).optional(),
  input_format: z
    .strictObject({
      // Lists of pictures are described one level deeper: { list: { "torch-tensor": { size } } }.
      data_types: z.record(z.string().min(1), z.union([dataType, z.record(z.string(), dataType)])),
    })
    .optional(),
});

export const stepsFile = z.array(
  z.strictObject({
    id: z.string().min(1),
    parameters: z.record(z.string(), z.unknown()).optional(),
  }),
);

const SERVICERS = { 'extended-inf-svc': 'extended', 'basic-inf-svc': 'basic' } as const;

/** Inferencers by the last part of their ids; the ONNX one reads what the others read, once the model is converted. */
const INFERENCERS = ['tflite_inferencer', 'torch_rcnn_inferencer', 'onnx_inferencer', 'onnx'];

export const setupFile = z.strictObject({
  service: z.strictObject({
    servicer: z
      .enum(Object.keys(SERVICERS) as (keyof typeof SERVICERS)[])
      .transform((servicer) => SERVICERS[servicer]),
    // The services are built in: which modules they were loaded from and what they call their method has no effect.
    modules: z.array(z.string()).optional(),
    method: z.string().optional(),
  }),
  inference: z.strictObject({
    inferencer: z.string().refine((id) => INFERENCERS.includes(id.split('.').at(-1)!), {
      error: ({ input }) =>
        `there is no inferencer "${String(input)}"; there are: ${INFERENCERS.map((id) => `…${id}`).join(', ')}`,
    }),
    use_cuda: z.boolean().optional(),
  }),
});

/** The files of a reference configuration directory and what each must hold. */
export const REFERENCE_FILES = {
  'format.json': formatFile,
  'model.json': modelFile,
  'preprocessing_pipeline.json': stepsFile,
  'postprocessing_pipeline.json': stepsFile,
  'setup.json': setupFile,
} as const;
export type ReferenceFiles = {
  readonly [F in keyof typeof REFERENCE_FILES]: z.output<(typeof REFERENCE_FILES)[F]>;
};
