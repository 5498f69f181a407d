/** Range of a rate that has at least four samples, at least `seconds` long; in Prometheus' spelling. */
export function rateWindow(seconds: number, scrapeSeconds = 15): string {
  const window = Math.max(seconds, 4 * scrapeSeconds);
  return window % 60 === 0 ? `${window / 60}m` : `${window}s`;
}
