import { type FlowFormat } from '../formats/format';

/** What is known between two steps while a pipeline is checked. */
export interface FlowState {
  /** `undefined`: a step before failed, or its transformation is not at hand, so nothing is known. */
  readonly flow: FlowFormat | undefined;
  /** The value that the last step worked on, where the next one works on unless it says `on`. */
  readonly current: string | undefined;
  /** For each value, the label of the step that wrote it. */
  readonly writers: ReadonlyMap<string, string>;
  /** Every value that something has read so far. */
  readonly used: ReadonlySet<string>;
}

/** The state before the first step. @param current the value that a step works on by default; else the only one */
export function startFlow(flow: FlowFormat | undefined, current?: string): FlowState {
  return { flow, current: current ?? onlyName(flow), writers: new Map(), used: new Set() };
}

/** The state when nothing is known any more. What was used stays used, or unused inputs would be noted falsely. */
export function lostFlow(state: FlowState): FlowState {
  return { ...state, flow: undefined, current: undefined };
}

function onlyName(flow: FlowFormat | undefined): string | undefined {
  return flow?.size === 1 ? [...flow.keys()][0] : undefined;
}

/**
 * Where the next step works by default: on what this one called its result; if that name is gone (it was renamed), on the
 * one value that is new; else as before.
 */
function nextCurrent(before: FlowState, after: FlowFormat, result: string): string | undefined {
  if (after.has(result)) return result;
  const added = [...after.keys()].filter((name) => !before.flow?.has(name));
  if (added.length === 1) return added[0];
  if (before.current !== undefined && after.has(before.current)) return before.current;
  return onlyName(after);
}

/** The state after a step that read `on`, called its result `as` and left `after`. */
export function advanceFlow(
  before: FlowState,
  after: FlowFormat,
  names: { readonly on: string; readonly as: string },
  label: string,
): FlowState {
  const used = new Set(before.used).add(names.on);
  for (const name of before.flow?.keys() ?? []) if (!after.has(name)) used.add(name);
  const writers = new Map(before.writers);
  for (const [name, format] of after) if (before.flow?.get(name) !== format) writers.set(name, label);
  return { flow: after, current: nextCurrent(before, after, names.as), writers, used };
}

/** Who made a value what it is, for messages. */
export function originOf(value: string, state: FlowState): string {
  const writer = state.writers.get(value);
  return writer === undefined ? 'as the request brings it' : `as ${writer} leaves it`;
}
