import { Tensor as OrtTensor, type InferenceSession } from 'onnxruntime-node';
import { type TensorFormat } from '../../../formats/format';
import { allocateUnset, bytesPerElement, type NumericDType } from '../../../tensor/dtype';
import { elementCount } from '../../../tensor/shape';

/** Outputs from this size on are worth being written by the engine where they are to be. */
const LARGE_BYTES = 64 * 1024;

/**
 * From this size on memory always comes fresh from the system, page by page (glibc: DEFAULT_MMAP_THRESHOLD_MAX). ONNX Runtime
 * takes memory of its own for such a run whatever it is given, so that giving it some costs the pages twice.
 */
export const ALWAYS_FRESH_BYTES = 32 * 1024 * 1024;

/** What a run is asked for: memory for an output, or null where the engine takes its own. */
export type Fetches = Record<string, OrtTensor | null>;

/**
 * Memory for the large outputs whose size never changes, for the engine to leave them there: in memory of its own they would
 * be in fresh pages each time, and could not be moved to another thread. A model may declare a size and give another: only what a run has given is believed.
 */
export class OutputMemory {
  private readonly known = new Map<
    string,
    { readonly type: NumericDType; readonly shape: readonly number[] }
  >();
  private readonly names: readonly string[];
  private hasRun = false;

  /** @param mostBytes outputs of more are left to the engine */
  constructor(
    private readonly formats: Readonly<Record<string, TensorFormat>>,
    private readonly mostBytes: number,
  ) {
    this.names = Object.keys(formats);
  }

  /** The outputs to ask for; their names where the engine takes memory for all of them, as for small ones. */
  fetches(): readonly string[] | Fetches {
    if (this.known.size === 0) return this.names;
    const fetches: Fetches = {};
    for (const name of this.names) {
      const large = this.known.get(name);
      fetches[name] =
        large === undefined
          ? null
          : new OrtTensor(
              large.type as 'float32',
              allocateUnset(large.type, elementCount(large.shape)) as Float32Array,
              large.shape,
            );
    }
    return fetches;
  }

  /** To be called with what a run has given. */
  learn(outputs: InferenceSession.OnnxValueMapType): void {
    if (this.hasRun) return;
    this.hasRun = true;
    for (const [name, { dtype, shape }] of Object.entries(this.formats)) {
      const { dims } = outputs[name];
      const isAsDeclared = shape?.length === dims.length && shape.every((axis, i) => axis === dims[i]);
      if (!isAsDeclared || dtype === undefined || dtype === 'string') continue;
      const bytes = elementCount(dims) * bytesPerElement(dtype);
      if (bytes >= LARGE_BYTES && bytes <= this.mostBytes) this.known.set(name, { type: dtype, shape: dims });
    }
  }
}
