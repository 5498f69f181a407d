import { z } from 'zod';

const providerName = z.string().regex(/^[a-z]+$/, 'an execution provider is lower-case letters, e.g. cuda');

/** What a document may say of the engine `onnx`, which is ONNX Runtime. */
export const onnxParametersSchema = z.strictObject({
  threads: z
    .int()
    .min(1)
    .max(1024)
    .optional()
    .describe('Threads inside one run; default: whole CPUs of the quota, shared by the workers'),
  providers: z
    .array(z.union([providerName, z.looseObject({ name: providerName })]))
    .min(1)
    .optional()
    .describe(
      'Execution providers in order of preference, e.g. [cuda, cpu], or { name: cuda, … } with options; default [cpu]',
    ),
  graphOptimization: z
    .enum(['disabled', 'basic', 'extended', 'all'])
    .optional()
    .describe("How far ONNX Runtime rewrites the model's graph when it loads it; default all"),
});

export type OnnxParameters = z.output<typeof onnxParametersSchema>;
