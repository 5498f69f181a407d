import { type Axis } from './format';

/** The sizes that the symbols of a set of shapes stand for; a symbol has one size everywhere. */
export class SymbolBindings {
  private readonly bound = new Map<string, Axis>();

  /**
   * Binds `symbol` to `axis`. A number replaces a symbol, because two symbols may turn out equal when data arrives. Returns
   * the previous size if it contradicts.
   */
  bind(symbol: string, axis: Axis): number | undefined {
    const known = this.bound.get(symbol);
    if (typeof known === 'number') return typeof axis === 'number' && axis !== known ? known : undefined;
    if (known === undefined || typeof axis === 'number') this.bound.set(symbol, axis);
    return undefined;
  }

  /** A number itself, or what a symbol is bound to. */
  resolve(axis: Axis): Axis | undefined {
    return typeof axis === 'number' ? axis : this.bound.get(axis);
  }
}
