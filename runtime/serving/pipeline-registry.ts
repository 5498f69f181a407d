import { type ServiceName } from '../../contracts/names/services';
import { InferenceError } from '../errors';
import { type ServedPipeline } from './served-pipeline';

/** The service of a pipeline that is bound to none, where the default pipeline of a service is looked for. */
const USUAL: ServiceName = 'extended';

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
   * The pipeline that a call asks for. Without a name it is the first that is bound to the call's service (one that is bound
   * to none counts as bound to Extended), or else the first that is bound to none.
   * @throws InferenceError PIPELINE_UNKNOWN with the names that are served; SERVICE_MISMATCH with the services that the
   *   pipeline is bound to.
   */
  find(name: string | undefined, service: ServiceName): ServedPipeline {
    const all = [...this.pipelines.values()];
    const found =
      name === undefined
        ? (all.find(({ services = [USUAL] }) => services.includes(service)) ??
          all.find(({ services }) => services === undefined) ??
          all[0])
        : this.pipelines.get(name);
    if (found === undefined) {
      throw new InferenceError(
        'PIPELINE_UNKNOWN',
        `x-pipeline: no pipeline '${name ?? ''}'; served are ${this.names.map((known) => `'${known}'`).join(', ') || 'none'}`,
      );
    }
    const { services = [service] } = found;
    if (!services.includes(service)) {
      throw new InferenceError(
        'SERVICE_MISMATCH',
        `pipeline '${found.name}' is served over ${services.map((bound) => `'${bound}'`).join(', ')}, not over '${service}': so its document says (service, services)`,
      );
    }
    return found;
  }
}
