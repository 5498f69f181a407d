import { formatTick } from '../format-number';

export interface Tick {
  readonly value: number;
  readonly label: string;
}

/** How values lie on an axis. */
export interface Scale {
  readonly min: number;
  readonly max: number;
  readonly ticks: readonly Tick[];
  /** 0 at `min`, 1 at `max`; values beyond are drawn at the end. */
  readonly position: (value: number) => number;
}

const STEPS = [1, 2, 5];
/** Below this many decades the steps between powers of ten are labelled too. */
const FEW_DECADES = 2.5;

/** From zero to a round number that no value exceeds. */
export function linearScale(values: readonly number[], wanted = 5): Scale {
  const largest = Math.max(0, ...values.filter(Number.isFinite));
  const top = largest === 0 ? 1 : largest;
  const step = roundUp(top / wanted);
  const count = Math.ceil(top / step - 1e-9);
  const max = round(count * step);
  const ticks = Array.from({ length: count + 1 }, (_, index) => round(index * step));
  return scale(0, max, ticks, (value) => value / max);
}

/**
 * Equal distances for equal ratios, between 1, 2 or 5 times powers of ten. Values that are not positive have no logarithm: they
 * do not widen the axis, and are drawn at its start.
 */
export function logScale(values: readonly number[]): Scale {
  const positive = values.filter((value) => Number.isFinite(value) && value > 0);
  const low = roundDown(positive.length > 0 ? Math.min(...positive) : 1);
  const high = roundUp(positive.length > 0 ? Math.max(...positive) : 10);
  const max = high > low ? high : roundUp(low * 1.5);
  const steps = Math.log10(max / low) < FEW_DECADES ? STEPS : [1];
  const ticks: number[] = [];
  for (let exponent = Math.floor(Math.log10(low)); exponent <= Math.ceil(Math.log10(max)); exponent += 1) {
    ticks.push(...steps.map((digit) => round(digit * 10 ** exponent)));
  }
  return scale(
    low,
    max,
    ticks.filter((tick) => tick >= low && tick <= max),
    (value) => Math.log10(value / low) / Math.log10(max / low),
  );
}

function scale(min: number, max: number, ticks: readonly number[], place: (value: number) => number): Scale {
  return {
    min,
    max,
    ticks: ticks.map((value) => ({ value, label: formatTick(value) })),
    position: (value) => (value <= min ? 0 : Math.min(1, Math.max(0, place(value)))),
  };
}

/** The next of …, 0.1, 0.2, 0.5, 1, 2, 5, 10, … at or above. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return round([...STEPS, 10].map((digit) => digit * power).find((step) => step >= value * (1 - 1e-9))!);
}

function roundDown(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return round(STEPS.map((digit) => digit * power).findLast((step) => step <= value * (1 + 1e-9)) ?? power);
}

/** Without what the binary fractions of a sum leave behind. */
function round(value: number): number {
  return Number(value.toPrecision(12));
}
