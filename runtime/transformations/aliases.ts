import { z } from 'zod';
import { axisParameter } from './parameters';
import { type BuiltInName } from './built-ins';
import { resize } from './image/resize';
import { normalize } from './normalize';
import { transpose } from './transpose';

/** Default statistics: those of the published fall-detection model (x, y, z, vector length; milli-g). */
const FALL_DETECTION_MEAN = [-1082.6096911969087, -152.6260465746924, -125.43403613436833, 1478.656413757267];
const FALL_DETECTION_STD = [1049.907620444408, 556.0640075934297, 780.0383078816246, 1022.0586009091664];

/** A built-in under the id and the parameters of reference configurations. */
export interface Alias<S extends z.ZodObject = z.ZodObject> {
  readonly use: BuiltInName;
  readonly parameters: S;
  /** Translates to the built-in's own parameters. */
  translate(parameters: z.output<S>): Record<string, unknown>;
}

function alias<S extends z.ZodObject>(
  use: BuiltInName,
  parameters: S,
  translate: Alias<S>['translate'],
): Alias {
  return { use, parameters, translate };
}

/** Built-ins under the ids of reference configurations. */
export const ALIASES: Readonly<Record<string, Alias>> = {
  'custom.preprocess_tensorflow_tensor': alias('rename', z.strictObject({}), () => ({ to: 'numerical' })),
  'custom.rescale_values_to_milli_gi': alias(
    'scale',
    z.strictObject({
      multiplier: z
        .number()
        .default(8000 / 2048)
        .describe('What to multiply by'),
    }),
    ({ multiplier }) => ({ factor: multiplier, unit: 'millig' }),
  ),
  'custom.compute_vector_length': alias(
    'vector-length',
    z.strictObject({ axis: axisParameter.default(1).describe('Axis that holds the components of a vector') }),
    (parameters) => parameters,
  ),
  'custom.merge_as_column': alias(
    'append-column',
    z.strictObject({
      merge_axis: axisParameter.default(1).describe('Axis that grows by one'),
      list_axis: axisParameter.default(1).describe('Where the column gets its new axis'),
    }),
    ({ merge_axis, list_axis }) => ({
      axis: merge_axis,
      ...(list_axis !== merge_axis && { columnAxis: list_axis }),
    }),
  ),
  'inference_application.custom.basic_norm': alias(
    'normalize',
    z.strictObject({
      mean: normalize.parameters.shape.mean
        .default(FALL_DETECTION_MEAN)
        .describe('Mean, or one for each place along the last axis'),
      std: normalize.parameters.shape.std
        .default(FALL_DETECTION_STD)
        .describe('Standard deviation, or one for each place along the last axis'),
    }),
    (parameters) => parameters,
  ),
  'inference_application.custom.expansion': alias(
    'expand',
    z.strictObject({ axis: axisParameter.default(0).describe('Where the new axis goes') }),
    (parameters) => parameters,
  ),
  'custom.read_image_batch': alias(
    'split-batch',
    z.strictObject({ axis: axisParameter.default(0).describe('Axis that is split') }),
    (parameters) => parameters,
  ),
  'custom.img_transpose': alias(
    'transpose',
    z.strictObject({
      axes: transpose.parameters.shape.axes
        .default([2, 0, 1])
        .describe("The input's axes in the order of the result"),
    }),
    (parameters) => parameters,
  ),
  'custom.ndarray_to_torch_tensor': alias(
    'image-to-float',
    z.strictObject({
      rescale: z.boolean().default(true).describe('Whether to divide by 255'),
      use_cuda: z.boolean().default(true).describe('Has no effect: the inferencer decides where it computes'),
    }),
    ({ rescale }) => ({ divisor: rescale ? 255 : 1 }),
  ),
  'custom.resize_pillow_array': alias(
    'resize',
    z.strictObject({
      target_size: z
        .tuple([resize.parameters.shape.width, resize.parameters.shape.height])
        .default([1200, 900])
        .describe('Width and height of the result in pixels'),
    }),
    // Pillow's default.
    ({ target_size: [width, height] }) => ({ width, height, filter: 'bicubic' }),
  ),
  'custom.filter_outputs': alias(
    'filter-detections',
    z.strictObject({
      conf_thresh: z.number().default(0.5).describe('Limit that the score of a detection has to be above'),
    }),
    ({ conf_thresh }) => ({ above: conf_thresh }),
  ),
  'custom.construct_car_damage_output_dictionary': alias('gather-detections', z.strictObject({}), () => ({})),
  'custom.postprocess_tensorflow_tensor': alias('rename', z.strictObject({}), () => ({ to: 'prediction' })),
};
