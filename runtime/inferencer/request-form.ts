import { InferenceError } from '../errors';
import { describeFormat, type TensorFormat } from '../formats/format';
import { formatShape } from '../tensor/shape';
import { type Tensor } from '../tensor/tensor';
import { slotsPerRow } from './batch';
import { type ModelMetadata } from '../formats/model-metadata';
import { type NamedTensors } from '../tensor/tensor';

/** Forms that are remembered: models with free axes see many, and a form costs a few hundred bytes. */
const REMEMBERED_FORMS = 256;

/** What requests have in common that can share a run: dtypes, and the axes from `fromAxis` on, by input. */
export interface RequestForm {
  readonly inputs: readonly InputForm[];
}

interface InputForm {
  readonly name: string;
  readonly dtype: Tensor['dtype'];
  readonly shape: readonly number[];
  readonly rowSlots: number;
}

/**
 * Checks what goes into the model, and tells which requests are alike. A form is checked once; most requests have the form
 * of the one before and cost a few comparisons.
 */
export class RequestForms {
  private readonly inputs: readonly (readonly [string, TensorFormat])[];
  private readonly fromAxis: 0 | 1;
  private readonly forms = new Map<string, RequestForm>();
  private last: RequestForm | undefined;

  /**
   * @param batchable whether axis 0 of every input is the batch: it may differ between requests of one form.
   * @param refusesEmpty whether the engine cannot take tensors without elements: one with an empty axis behind the batch is refused.
   */
  constructor(
    metadata: ModelMetadata,
    private readonly batchable: boolean,
    private readonly refusesEmpty: boolean,
  ) {
    this.inputs = Object.entries(metadata.inputs);
    this.fromAxis = batchable ? 1 : 0;
  }

  /**
   * The form of a request.
   * @throws InferenceError MODEL_REFUSED when an input is missing, of another dtype or shape than the model takes, or does
   * not have as many values as its shape says.
   */
  of(request: NamedTensors): RequestForm {
    const form = this.last !== undefined && this.has(this.last, request) ? this.last : this.find(request);
    this.last = form;
    this.assertSizes(form, request);
    return form;
  }

  /** Rows along the batch axis; 1 when the model has none. */
  rowsOf(form: RequestForm, request: NamedTensors): number {
    return this.batchable ? request[form.inputs[0].name].shape[0] : 1;
  }

  private has(form: RequestForm, request: NamedTensors): boolean {
    for (const input of form.inputs) {
      const tensor = request[input.name] as Tensor | undefined;
      if (tensor === undefined || tensor.dtype !== input.dtype) return false;
      if (tensor.shape.length !== input.shape.length) return false;
      for (let axis = this.fromAxis; axis < input.shape.length; axis++) {
        if (tensor.shape[axis] !== input.shape[axis]) return false;
      }
    }
    return true;
  }

  private find(request: NamedTensors): RequestForm {
    const key = this.inputs.map(([name]) => this.keyOf(request[name])).join();
    const known = this.forms.get(key);
    if (known !== undefined) return known;
    for (const [name, format] of this.inputs) this.assertInput(name, format, request[name]);
    const inputs = this.inputs.map(([name]) => {
      const { dtype, shape } = request[name];
      return { name, dtype, shape: shape.slice(), rowSlots: slotsPerRow({ dtype, shape }) };
    });
    if (this.forms.size >= REMEMBERED_FORMS) this.forms.clear();
    const form = { inputs };
    this.forms.set(key, form);
    return form;
  }

  private keyOf(tensor: Tensor | undefined): string {
    return tensor === undefined ? '' : `${tensor.dtype}[${tensor.shape.slice(this.fromAxis).join()}]`;
  }

  private assertInput(name: string, format: TensorFormat, tensor: Tensor | undefined): void {
    if (tensor === undefined) throw new InferenceError('MODEL_REFUSED', `model input '${name}' is missing`);
    const { dtype, shape } = tensor;
    if (!fits(format, tensor)) {
      throw new InferenceError(
        'MODEL_REFUSED',
        `model input '${name}' is ${dtype} ${formatShape(shape)}, the model takes ${describeFormat(format)}`,
      );
    }
    if (this.refusesEmpty && shape.slice(this.fromAxis).includes(0)) {
      throw new InferenceError(
        'MODEL_REFUSED',
        `model input '${name}' is empty: ${formatShape(shape)}; each axis of it must be at least 1 for this model`,
      );
    }
  }

  private assertSizes(form: RequestForm, request: NamedTensors): void {
    const rows = this.rowsOf(form, request);
    for (const { name, rowSlots } of form.inputs) {
      const { shape, data, dtype } = request[name];
      if (this.batchable && shape[0] !== rows) {
        throw new InferenceError(
          'MODEL_REFUSED',
          `model input '${name}' has ${shape[0]} rows, '${form.inputs[0].name}' has ${rows}; all inputs share the batch axis`,
        );
      }
      const slots = shape.length === 0 ? rowSlots : shape[0] * rowSlots;
      if (data.length !== slots) {
        throw new InferenceError(
          'MODEL_REFUSED',
          `model input '${name}' holds ${data.length} values; ${dtype} ${formatShape(shape)} has ${slots}`,
        );
      }
    }
  }
}

function fits(format: TensorFormat, { dtype, shape }: Tensor): boolean {
  if (format.dtype !== undefined && format.dtype !== dtype) return false;
  if (format.shape === undefined) return true;
  if (format.shape.length !== shape.length) return false;
  return format.shape.every((axis, index) => typeof axis === 'string' || axis === shape[index]);
}
