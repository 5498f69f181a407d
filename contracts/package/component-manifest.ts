import { z } from 'zod';
import { tensorFormatSchema } from './tensor-format-schema';

export const COMPONENT_KINDS = ['transformation', 'model', 'inferencer', 'service'] as const;
export type ComponentKind = (typeof COMPONENT_KINDS)[number];

/** Name of the manifest, at the root of a component's package or directory. */
export const MANIFEST_FILE = 'component.json';
export const MAX_MANIFEST_BYTES = 1024 * 1024;

const relativeFile = z
  .string()
  .regex(
    /^(?!\/)(?!.*(^|\/)\.\.(\/|$))[^\\]+$/,
    'a file of the package is a path below its root, without ..',
  );

/** `component.json`, at the root of a component's package or directory. */
export const componentManifestSchema = z
  .strictObject({
    kind: z.enum(COMPONENT_KINDS),
    id: z.string().min(1).optional(),
    name: z.string().min(1).optional(),
    version: z.string().min(1),
    description: z.string().optional(),
    library: z.string().optional().describe('Engine of a model or an inferencer, e.g. onnx'),
    needs: z.record(z.string(), z.unknown()).optional().describe('What the component needs of its machine'),
    file: relativeFile.optional().describe('A model: its file; default: the only .onnx file'),
    entry: relativeFile.optional().describe('Code: the module that exports the definition'),
    parameters: z
      .record(z.string(), z.unknown())
      .optional()
      .describe('A transformation: JSON Schema of its parameters, for those who look for one'),
    format: z
      .strictObject({
        input: tensorFormatSchema.partial().optional(),
        output: tensorFormatSchema.partial().optional(),
      })
      .optional()
      .describe('A transformation: what its format step needs and gives, for those who look for one'),
  })
  .refine((manifest) => manifest.id !== undefined || manifest.name !== undefined, {
    message: 'a component has an id or a name',
    path: ['name'],
  })
  .refine((manifest) => manifest.kind === 'model' || manifest.entry !== undefined, {
    message: 'a component of code names its entry file, e.g. "entry": "index.js"',
    path: ['entry'],
  });

export type ComponentManifest = z.infer<typeof componentManifestSchema>;
