import { compareFormats } from '../formats/compare-formats';
import { requireValue, withValue } from '../transformations/flow-values';
import { describeFormat, FormatError, requireTensor, UNKNOWN_FLOW, withFormat } from '../formats/format';
import { SymbolBindings } from '../formats/symbol-bindings';
import { type CheckableTransformation } from '../transformations/transformation';
import { absentComponent } from './check-document';
import { type ComponentManifest } from '../../contracts/package/component-manifest';
import { type Step } from './pipeline-document';

/**
 * Stands for a component whose code is not run here, but whose `component.json` declares a format: what comes in is
 * compared with the declared input, and what goes out is the declared output where that names its dtype and shape;
 * otherwise nothing is known of it. Parameters are not checked.
 */
export function declaredComponent(
  step: Step,
  { input, output }: NonNullable<ComponentManifest['format']>,
): CheckableTransformation {
  return {
    ...absentComponent(step),
    formatFlow: (flow, _parameters, { on, as }) => {
      const got = requireTensor(requireValue(flow, on));
      const differences = input ? compareFormats(input, got, new SymbolBindings()) : [];
      if (differences.length > 0) {
        throw new FormatError(
          `needs what it declares: ${differences.join('; ')} (got ${describeFormat(got)})`,
        );
      }
      if (output?.dtype === undefined || output.shape === undefined) return UNKNOWN_FLOW;
      // attributes that it does not declare stay as they were
      return withValue(flow, as, withFormat(got, output));
    },
  };
}
