import { type ServiceName } from '../../contracts/names/services';
import { InferenceError } from '../errors';
import { type ServedPipeline } from './served-pipeline';

/** The pipelines of one server, in the order in which they were given. */
export class PipelineRegistry {
  private readonly pipelines = new Map<string, ServedPipeline>();

  add(pipeline: ServedPipeline): void {
    this.pipelines.set(pipeline.name, pipeline);
  }

  get names(): readonly string[] {
    return [...this.pipelines.keys()];
  }

  [Symbol.iterator](): IterableIterator<ServedPipeline> {
    return this.pipelines.values();
  }

  /**
   * The pipeline that a stream asks for. Without a name it is the first that is bound to the stream's service, or else
   * the first of all.
   * @throws InferenceError PIPELINE_UNKNOWN with the names that are served.
   */
  find(name: string | undefined, service: ServiceName): ServedPipeline {
    const all = [...this.pipelines.values()];
    const found =
      name === undefined
        ? (all.find((pipeline) => pipeline.service === service) ?? all[0])
        : this.pipelines.get(name);
    if (found === undefined) {
      throw new InferenceError(
        'PIPELINE_UNKNOWN',
        `x-pipeline: no pipeline '${name ?? ''}'; served are ${this.names.map((known) => `'${known}'`).join(', ') || 'none'}`,
      );
    }
    return found;
  }
}
