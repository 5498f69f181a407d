import { parseWith } from '../../contracts/program/schema-problems';
import { type Problem } from '../../contracts/program/problem';
import { type Flow } from '../tensor/tensor';
import { type FlowFormat } from '../formats/format';
import { applyFlow, formatFlow } from './transformation-flow';
import {
  type AnyTransformation,
  type CheckableTransformation,
  type ReserveMemory,
  type StepNames,
} from './transformation';
import { ALIASES, type Alias } from './aliases';
import { BUILT_INS, isBuiltInName } from './built-ins';

/** The keys of a step, beside its parameters, that built-ins check. */
export interface StepHead {
  readonly use: string;
  readonly version?: unknown;
  readonly digest?: unknown;
  readonly timeoutMs?: unknown;
  readonly workers?: unknown;
}

/** A step of a built-in transformation: it runs in the server, without a thread, package or timeout. */
export class BuiltInStep implements CheckableTransformation {
  readonly name: string;
  readonly over: 'value' | 'flow';
  readonly ignoresOn: boolean;
  readonly reservesMemory: boolean;

  constructor(
    private readonly head: StepHead,
    readonly transformation: AnyTransformation,
    private readonly alias?: Alias,
  ) {
    this.name = head.use;
    this.over = transformation.over;
    this.ignoresOn = transformation.over === 'flow' && transformation.ignoresOn === true;
    this.reservesMemory = transformation.over === 'flow' && transformation.reservesMemory === true;
  }

  parse(
    parameters: Record<string, unknown>,
  ): { readonly parameters: unknown } | { readonly problems: readonly Problem[] } {
    const meaningless = this.meaninglessKeys();
    const parsed = this.parseParameters(parameters);
    if ('problems' in parsed) return { problems: [...meaningless, ...parsed.problems] };
    return meaningless.length > 0 ? { problems: meaningless } : { parameters: parsed.value };
  }

  formatFlow(flow: FlowFormat, parameters: unknown, names: StepNames): FlowFormat {
    return formatFlow(this.transformation, flow, parameters, names);
  }

  /** The data step. Its errors are the request's; the caller adds the step's label. */
  applyFlow(
    flow: Flow,
    parameters: unknown,
    names: StepNames,
    _timeoutMs?: number,
    reserve?: ReserveMemory,
  ): Flow | Promise<Flow> {
    return applyFlow(this.transformation, flow, parameters, names, reserve);
  }

  /** The data step over prepared items. */
  forPrepared(): BuiltInStep {
    const { transformation } = this;
    if (transformation.over !== 'flow' || transformation.applyPrepared === undefined) return this;
    return new BuiltInStep(this.head, { ...transformation, apply: transformation.applyPrepared }, this.alias);
  }

  /** Refuses keys that only steps of components have. */
  private meaninglessKeys(): Problem[] {
    return (['version', 'digest', 'timeoutMs', 'workers'] as const)
      .filter((key) => this.head[key] !== undefined)
      .map((key) => ({ path: key, message: `is for components; "${this.name}" is built in` }));
  }

  private parseParameters(parameters: Record<string, unknown>) {
    if (!this.alias) return parseWith(this.transformation.parameters, parameters);
    const known = parseWith(this.alias.parameters, parameters);
    if ('problems' in known) return known;
    return parseWith(this.transformation.parameters, this.alias.translate(known.value));
  }
}

/** The built-in of a step, by its name or by its id in reference configurations. */
export function resolveBuiltIn(head: StepHead): BuiltInStep | undefined {
  if (isBuiltInName(head.use)) return new BuiltInStep(head, BUILT_INS[head.use]);
  const alias = Object.hasOwn(ALIASES, head.use) ? ALIASES[head.use] : undefined;
  return alias && new BuiltInStep(head, BUILT_INS[alias.use], alias);
}

/** Every name that {@link resolveBuiltIn} knows. */
export const BUILT_IN_NAMES: readonly string[] = [...Object.keys(BUILT_INS), ...Object.keys(ALIASES)];
