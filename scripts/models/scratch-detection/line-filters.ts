/** Side of a filter in pixels of the picture at half its size. */
export const FILTER_SIZE = 13;
/** Directions in which lines are looked for. */
export const DIRECTIONS = 8;

/** Deviations of the filter across and along a line, in the same pixels: the lines are two to four of them wide. */
const ACROSS = 1.7;
const ALONG = 4;

/**
 * Filters [DIRECTIONS, 1, FILTER_SIZE, FILTER_SIZE] that answer a bright line in their direction with about its contrast, and
 * even or evenly changing brightness with nothing: second derivatives of a Gaussian across the line, a Gaussian along it.
 */
export function lineFilters(): Float32Array {
  const filters = new Float32Array(DIRECTIONS * FILTER_SIZE ** 2);
  for (let direction = 0; direction < DIRECTIONS; direction++) {
    const filter = filters.subarray(direction * FILTER_SIZE ** 2, (direction + 1) * FILTER_SIZE ** 2);
    fill(filter, (direction * Math.PI) / DIRECTIONS);
  }
  return filters;
}

function fill(filter: Float32Array, angle: number): void {
  const half = (FILTER_SIZE - 1) / 2;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  let sum = 0;
  let onLine = 0;
  filter.forEach((_, at) => {
    const [x, y] = [(at % FILTER_SIZE) - half, Math.floor(at / FILTER_SIZE) - half];
    const u = (x * cos + y * sin) / ALONG;
    const v = (y * cos - x * sin) / ACROSS;
    filter[at] = (1 - v * v) * Math.exp(-0.5 * (u * u + v * v));
    sum += filter[at];
  });
  // Without its mean, the filter does not see brightness; scaled, a line of the usual width counts with its contrast.
  filter.forEach((value, at) => {
    filter[at] = value - sum / filter.length;
    const y = Math.floor(at / FILTER_SIZE) - half;
    const x = (at % FILTER_SIZE) - half;
    if (Math.abs(y * cos - x * sin) <= 1.5) onLine += filter[at];
  });
  filter.forEach((value, at) => (filter[at] = value / onLine));
}
