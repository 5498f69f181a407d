import { z } from 'zod';
import { type AnyTransformation } from '../transformations/transformation';
import { ALIASES } from '../transformations/aliases';
import { BUILT_INS } from '../transformations/built-ins';
import { pipelineDocumentSchema, stepSchema } from './pipeline-document';

export type JsonSchema = z.core.JSONSchema.JSONSchema;

function toJsonSchema(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io: 'input' });
  return json;
}

/** A step of a transformation whose parameters are known: nothing else is allowed beside them. */
function stepBranch(
  use: string,
  description: string,
  parameters: z.ZodObject,
  transformation: AnyTransformation,
): JsonSchema {
  const json = toJsonSchema(parameters);
  const { on, as } = stepSchema.shape;
  const ignoresOn = transformation.over === 'flow' && transformation.ignoresOn === true;
  return {
    ...json,
    description,
    properties: {
      use: { const: use },
      ...(!ignoresOn && { on: toJsonSchema(on), as: toJsonSchema(as) }),
      ...json.properties,
    },
    required: ['use', ...(json.required ?? [])],
  };
}

/** One branch for each built-in and each of its other ids, and an open one for components. */
function stepJsonSchema(): JsonSchema {
  const branches = [
    ...Object.values(BUILT_INS).map((builtIn) =>
      stepBranch(builtIn.name, builtIn.description, builtIn.parameters, builtIn),
    ),
    ...Object.entries(ALIASES).map(([id, { use, parameters }]) =>
      stepBranch(
        id,
        `The same as ${use}, under its id in reference configurations.`,
        parameters,
        BUILT_INS[use],
      ),
    ),
  ];
  const known = [...Object.keys(BUILT_INS), ...Object.keys(ALIASES)];
  const open = toJsonSchema(stepSchema);
  const component: JsonSchema = {
    ...open,
    description: "A component's transformation and its parameters",
    properties: { ...open.properties, use: { ...asObject(open.properties?.use), not: { enum: known } } },
  };
  return { description: 'A transformation and its parameters', anyOf: [...branches, component] };
}

function asObject(schema: JsonSchema | boolean | undefined): JsonSchema {
  return typeof schema === 'object' ? schema : {};
}

/**
 * The JSON Schema (2020-12) of the pipeline document, for editors and other programs. It says what the document's own
 * schema says, but for what takes several fields together to see (a minimum above its maximum, say).
 */
export function publishedSchema(): JsonSchema {
  const schema = z.toJSONSchema(pipelineDocumentSchema, {
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      if ((zodSchema as unknown) !== stepSchema) return;
      for (const key of Object.keys(jsonSchema)) delete jsonSchema[key];
      jsonSchema.$ref = '#/$defs/step';
    },
  });
  return {
    ...schema,
    title: 'Pipeline document',
    $defs: { ...schema.$defs, step: stepJsonSchema() },
  };
}
