import { STEP_KEYS } from '../../../runtime/definition/pipeline-document';
import { resolveBuiltIn } from '../../../runtime/transformations/built-in-step';
import { ALIASES } from '../../../runtime/transformations/aliases';
import { BUILT_INS } from '../../../runtime/transformations/built-ins';

describe.each(Object.entries(BUILT_INS))('the built-in %s', (key, { name, description, parameters }) => {
  it('stands under its own name', () => expect(name).toBe(key));

  it('is described in sentences', () => expect(description).toMatch(/^[A-Z1].*\.$/));

  it('describes each parameter, and none is named like a key of every step', () => {
    const described = Object.entries(parameters.shape)
      .filter(([, schema]) => /\S/.test((schema as { description?: string }).description ?? ''))
      .map(([parameter]) => parameter);
    expect(described).toEqual(Object.keys(parameters.shape));
    expect(STEP_KEYS.filter((key) => key in parameters.shape)).toEqual([]);
  });
});

describe('ids of reference configurations', () => {
  it.each([
    ['custom.preprocess_tensorflow_tensor', {}, 'rename', { to: 'numerical' }],
    ['custom.rescale_values_to_milli_gi', {}, 'scale', { factor: 3.90625, unit: 'millig' }],
    ['custom.rescale_values_to_milli_gi', { multiplier: 2 }, 'scale', { factor: 2, unit: 'millig' }],
    ['custom.compute_vector_length', {}, 'vector-length', { axis: 1 }],
    ['custom.compute_vector_length', { axis: 0 }, 'vector-length', { axis: 0 }],
    ['custom.merge_as_column', {}, 'append-column', { axis: 1 }],
    ['custom.merge_as_column', { merge_axis: 0, list_axis: 1 }, 'append-column', { axis: 0, columnAxis: 1 }],
    [
      'inference_application.custom.basic_norm',
      { mean: 1, std: 2 },
      'normalize',
      { mean: 1, std: 2, axis: -1 },
    ],
    ['inference_application.custom.expansion', {}, 'expand', { axis: 0 }],
    ['custom.postprocess_tensorflow_tensor', {}, 'rename', { to: 'prediction' }],
    ['custom.read_image_batch', {}, 'split-batch', { axis: 0 }],
    ['custom.read_image_batch', { axis: 1 }, 'split-batch', { axis: 1 }],
    ['custom.img_transpose', {}, 'transpose', { axes: [2, 0, 1] }],
    ['custom.img_transpose', { axes: [1, 0, 2] }, 'transpose', { axes: [1, 0, 2] }],
    ['custom.ndarray_to_torch_tensor', {}, 'image-to-float', { divisor: 255 }],
    ['custom.ndarray_to_torch_tensor', { rescale: false, use_cuda: true }, 'image-to-float', { divisor: 1 }],
    ['custom.resize_pillow_array', {}, 'resize', { width: 1200, height: 900, filter: 'bicubic' }],
    [
      'custom.resize_pillow_array',
      { target_size: [64, 48] },
      'resize',
      { width: 64, height: 48, filter: 'bicubic' },
    ],
    [
      'custom.filter_outputs',
      {},
      'filter-detections',
      { above: 0.5, scores: 'scores', with: ['labels', 'boxes', 'masks'] },
    ],
    [
      'custom.filter_outputs',
      { conf_thresh: 0.25 },
      'filter-detections',
      { above: 0.25, scores: 'scores', with: ['labels', 'boxes', 'masks'] },
    ],
    [
      'custom.construct_car_damage_output_dictionary',
      {},
      'gather-detections',
      { values: ['labels', 'boxes', 'scores', 'masks'], counts: 'results', masks: 'masks', maskAbove: 0.5 },
    ],
  ] as const)('%s with %j is %s', (id, parameters, name, native) => {
    const step = resolveBuiltIn({ use: id })!;
    expect(step.transformation.name).toBe(name);
    expect(step.parse(parameters)).toEqual({ parameters: native });
  });

  it('normalizes with the statistics of fall detection by default', () => {
    const parsed = resolveBuiltIn({ use: 'inference_application.custom.basic_norm' })!.parse({});
    expect(parsed).toEqual({
      parameters: {
        mean: [-1082.6096911969087, -152.6260465746924, -125.43403613436833, 1478.656413757267],
        std: [1049.907620444408, 556.0640075934297, 780.0383078816246, 1022.0586009091664],
        axis: -1,
      },
    });
  });

  it.each(Object.keys(ALIASES))('%s refuses a parameter that it does not know', (id) => {
    const parsed = resolveBuiltIn({ use: id })!.parse({ nonsense: 1 });
    expect(parsed).toEqual({
      problems: [{ path: 'nonsense', message: expect.stringMatching(/^is unknown/) as string }],
    });
  });
});

describe('a step of a built-in', () => {
  it('refuses what only a component has', () => {
    const step = resolveBuiltIn({ use: 'scale', version: '1.0.0', timeoutMs: 5 })!;
    expect(step.parse({ factor: 'x' })).toEqual({
      problems: [
        { path: 'version', message: 'is for components; "scale" is built in' },
        { path: 'timeoutMs', message: 'is for components; "scale" is built in' },
        { path: 'factor', message: 'expected number, got string "x"' },
      ],
    });
  });

  it('does not take names of object methods for transformations', () => {
    expect(resolveBuiltIn({ use: 'toString' })).toBeUndefined();
    expect(resolveBuiltIn({ use: 'constructor' })).toBeUndefined();
  });
});
