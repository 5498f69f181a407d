import { constants, copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { Option, type Command } from 'commander';
import { requirePaths } from '../../contracts/program/run-program';
import { UsageError } from '../../contracts/program/usage-error';
import { modelDocument, type DescribedModel } from '../definition';

/** `mis init`: writes the document of a model, to go on from. */
export function addInitCommand(program: Command): void {
  program
    .command('init')
    .description('write a pipeline document for a model, from what its file says')
    .argument('<model>', 'an ONNX file')
    .addOption(
      new Option('--output <dir>', 'folder for pipeline.yaml and the components beside it').default('.'),
    )
    .action((model: string, { output }: { readonly output: string }) => {
      requirePaths([model]);
      const document = join(output, 'pipeline.yaml');
      if (existsSync(document)) throw new UsageError(`${document} is there already, and is not written over`);
      const described = modelDocument(model);
      const placed = placeModel(model, output, described);
      writeFileSync(document, commented(described, basename(model)));
      process.stdout.write(`${document}\n${placed}\nnext: mis serve ${output}\n`);
    });
}

/** Copies the model, with its weights in other files, to where the document's components are looked for. */
function placeModel(model: string, output: string, { document, externalData }: DescribedModel): string {
  const { name, version } = document.model;
  const folder = join(output, 'components/model', name, version);
  const outside = externalData.find((file) => isAbsolute(file) || file.split('/').includes('..'));
  if (outside !== undefined) {
    throw new UsageError(
      `${model} has weights in ${outside}, outside its folder: a component cannot have those`,
    );
  }
  for (const file of [basename(model), ...externalData]) {
    const target = join(folder, file);
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(join(dirname(model), file), target, constants.COPYFILE_FICLONE);
  }
  return join(folder, basename(model));
}

function commented({ document: { name, input, model }, output }: DescribedModel, file: string): string {
  return `# A pipeline that is the model ${file} and nothing else: made by mis init, from what the file says.
# docs/pipeline-document.md describes everything that can be here; mis validate checks it.
name: ${name}
service: extended

# What a request brings. A size with a name is known when data arrives; the same name is the same size.
input:
${formats(input)}

# Steps before the model, e.g. - { use: scale, factor: 0.5 }; docs/transformations.md has them all.
preprocessing: []

# Looked up in components/model/${model.name}/${model.version} beside this document.
model: { name: ${model.name}, version: ${model.version} }

# How requests share a run of the model; batching: false runs each alone.
inferencer: { use: onnx, batching: { maxBatchSize: 64, maxQueueDelayMs: 0 } }

# Steps after the model.
postprocessing: []

# What the file says of the answer. Files may be wrong about it: without the # it is a promise that is checked.
# output:
${formats(output).replace(/^/gm, '#')}
`;
}

/** Lines of formats by name, in YAML. */
function formats(flow: DescribedModel['document']['input']): string {
  const lines = Object.entries(flow).map(([name, { dtype, shape }]) => {
    const facts = [
      ...(dtype === undefined ? [] : [`dtype: ${dtype}`]),
      `shape: [${shape.map(text).join(', ')}]`,
    ];
    return `  ${text(name)}: { ${facts.join(', ')} }`;
  });
  return lines.join('\n');
}

/** A word as it is, anything that YAML would take for something else in quotes. */
function text(value: string | number): string {
  const isWord =
    /^[A-Za-z_][A-Za-z0-9_.-]*$/.test(String(value)) &&
    !/^(true|false|null|yes|no|on|off)$/i.test(String(value));
  return typeof value === 'number' || isWord ? String(value) : JSON.stringify(value);
}
