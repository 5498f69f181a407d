import { type ModelDocument } from './pipeline-document';
import { type Problem } from '../../contracts/program/problem';
import { type ListMode, type ModelBinding } from './plan';
import { compareFormats } from '../formats/compare-formats';
import { describeFormat, withFormat, type ListFormat, type TensorFormat } from '../formats/format';
import { type SymbolBindings } from '../formats/symbol-bindings';

/** How a list goes into a model's input: as the document says, or by whether the input has one axis more than an item. */
export function listModeOf(
  { imageIndex }: ModelDocument,
  { item }: ListFormat,
  modelFormat: TensorFormat | undefined,
): ListMode {
  if (imageIndex !== undefined) return 'batch';
  return item.shape && modelFormat?.shape?.length === item.shape.length + 1 ? 'row' : 'each';
}

/** One phrase for each way in which the items of the list cannot go into the model. */
export function compareListFormat(
  modelFormat: TensorFormat,
  { item, length }: ListFormat,
  list: ListMode | undefined,
  symbols: SymbolBindings,
): string[] {
  if (list === 'each' || list === undefined) return compareFormats(modelFormat, item, symbols);
  const { shape } = modelFormat;
  if (list === 'batch') {
    const batch = withFormat(item, { shape: item.shape && [length, ...item.shape] });
    return compareFormats(modelFormat, batch, symbols);
  }
  const [rows] = shape!;
  if (typeof rows === 'number' && rows !== 1) {
    return [`it takes ${rows} items at a time; a list is passed on item by item`];
  }
  return compareFormats(withFormat(modelFormat, { shape: shape!.slice(1) }), item, symbols);
}

/** What is wrong with the lists that go into a model, seen together. */
export function listProblems(model: ModelDocument, bindings: readonly ModelBinding[]): Problem[] {
  const lists = bindings.filter(({ format }) => format.kind === 'list');
  if (lists.length === 0) {
    return model.imageIndex === undefined
      ? []
      : [
          {
            path: 'model.imageIndex',
            message: 'is for lists, none goes into the model; split a batch first',
          },
        ];
  }
  const lengths = new Set(
    lists.flatMap(({ format }) =>
      typeof (format as ListFormat).length === 'number' ? [(format as ListFormat).length] : [],
    ),
  );
  if (lengths.size <= 1) return [];
  const described = lists.map(({ value, format }) => `"${value}" (${describeFormat(format)})`).join(' and ');
  return [
    { path: 'model', message: `lists of different lengths cannot go into the model together: ${described}` },
  ];
}
