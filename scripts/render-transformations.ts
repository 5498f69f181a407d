import { z } from 'zod';
import { type JsonSchema } from '../runtime/definition/published-schema';
import { ALIASES } from '../runtime/transformations/aliases';
import { BUILT_INS } from '../runtime/transformations/built-ins';

const INTRODUCTION = `<!-- Written by scripts/publish-transformations.ts from the registry of built-ins; do not edit. -->
# Transformations

A step of a pipeline document names its transformation with \`use\` and gives the parameters beside it:

\`\`\`yaml
preprocessing:
  - { use: scale, factor: 3.90625, unit: millig }
  - { use: vector-length, axis: 1 }
  - { use: append-column }
\`\`\`

- A step works on the value named by \`on\`. Left out, that is what the step before worked on; for the first step, the
  only input; for the first step after the model, its only output.
- Its result is written back under the same name, or under another one with \`as\`; then the value that it worked on stays
  in the flow beside it.
- Negative axes count from the back. A size that is known only when data arrives is checked then.
- A step that computes on numbers is applied to each tensor of a list, for example to each picture of a request.
- float64 input gives float64 results. Everything else is computed in double precision and stored as float32, so integers
  beyond 2^24 are rounded; cast to float64 first to keep them.
- NaN and infinities are data and pass through.
- A parameter that a transformation does not know is refused, with the ones that it does know.
`;

function typeOf(schema: JsonSchema): string {
  if (schema.enum) return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (schema.anyOf) return schema.anyOf.map((branch) => typeOf(branch)).join(' or ');
  if (schema.prefixItems) {
    return `[${schema.prefixItems.map((item) => typeOf(item as JsonSchema)).join(', ')}]`;
  }
  if (schema.type === 'array') return `list of ${typeOf(schema.items as JsonSchema)}`;
  return String(schema.type);
}

function defaultOf(schema: JsonSchema, isRequired: boolean): string {
  if (isRequired) return '*required*';
  return schema.default === undefined ? '' : `\`${JSON.stringify(schema.default)}\``;
}

function parameterTable(parameters: z.ZodObject): string[] {
  const { properties = {}, required = [] } = z.toJSONSchema(parameters, { io: 'input' });
  const rows = Object.entries(properties as Record<string, JsonSchema>).map(
    ([name, schema]) =>
      `| \`${name}\` | ${typeOf(schema)} | ${defaultOf(schema, required.includes(name))} | ${schema.description ?? ''} |`,
  );
  return rows.length === 0
    ? ['No parameters.', '']
    : ['| parameter | type | default | what |', '|---|---|---|---|', ...rows, ''];
}

function aliasesOf(name: string): string[] {
  return Object.entries(ALIASES).flatMap(([id, { use, parameters }]) =>
    use === name ? [`In reference configurations: \`${id}\`.`, '', ...parameterTable(parameters)] : [],
  );
}

/** The text of docs/transformations.md. */
export function renderTransformations(): string {
  const chapters = Object.values(BUILT_INS).flatMap(({ name, description, parameters }) => [
    `## ${name}`,
    '',
    description,
    '',
    ...parameterTable(parameters),
    ...aliasesOf(name),
  ]);
  return `${[INTRODUCTION, ...chapters].join('\n').trimEnd()}\n`;
}
