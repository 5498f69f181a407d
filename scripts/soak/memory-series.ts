/** Resident memory over the course of a run: how far the run is, and megabytes. */
export class MemorySeries {
  private readonly samples: { readonly at: number; readonly mb: number }[] = [];

  /** @param at how far the run is, in whatever is counted: requests, swaps */
  add(at: number, mb: number): void {
    this.samples.push({ at, mb });
  }

  /** Mean of each tenth of the run. */
  tenths(): number[] {
    const length = this.samples.at(-1)?.at ?? 0;
    return Array.from({ length: 10 }, (_, tenth) =>
      mean(
        this.samples
          .filter(({ at }) => at > (length * tenth) / 10 && at <= (length * (tenth + 1)) / 10)
          .map(({ mb }) => mb),
      ),
    );
  }

  /** Least-squares slope of what came after `from`, in megabytes for each one that is counted. */
  slope(from: number): number {
    const after = this.samples.filter(({ at }) => at > from);
    const atMean = mean(after.map(({ at }) => at));
    const mbMean = mean(after.map(({ mb }) => mb));
    let covariance = 0;
    let variance = 0;
    for (const { at, mb } of after) {
      covariance += (at - atMean) * (mb - mbMean);
      variance += (at - atMean) ** 2;
    }
    return variance === 0 ? 0 : covariance / variance;
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
