import { type TensorFormat } from './format';

/** The layout whose axes are those of `format` at `axes`, in that order; `undefined` when the letters do not name the axes. */
export function permutedLayout({ layout, shape }: TensorFormat, axes: readonly number[]): string | undefined {
  if (layout === undefined || layout.length !== shape?.length) return undefined;
  return axes.map((axis) => layout[axis]).join('');
}
