import { type Axis } from './format';

/** What the symbols of one side's shapes stand for on the other side, the same everywhere on that side. */
export class SymbolBindings {
  private readonly bound = new Map<string, Axis>();

  /**
   * Notes that `symbol` is `axis`. A number is kept over another symbol, because two symbols may turn out equal when data
   * arrives. Returns the size that it was bound to before when that contradicts.
   */
  bind(symbol: string, axis: Axis): number | undefined {
    const known = this.bound.get(symbol);
    if (typeof known === 'number') return typeof axis === 'number' && axis !== known ? known : undefined;
    if (known === undefined || typeof axis === 'number') this.bound.set(symbol, axis);
    return undefined;
  }

  /** What the axis stands for, if it is a symbol that was bound. */
  resolve(axis: Axis): Axis | undefined {
    return typeof axis === 'number' ? axis : this.bound.get(axis);
  }
}
