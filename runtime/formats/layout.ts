import { type TensorFormat } from './format';

/** The layout after a permutation of the axes; `undefined` if the layout does not name every axis. */
export function permutedLayout({ layout, shape }: TensorFormat, axes: readonly number[]): string | undefined {
  if (layout === undefined || layout.length !== shape?.length) return undefined;
  return axes.map((axis) => layout[axis]).join('');
}
