import { ONNX_DTYPES } from '../../../runtime/formats/onnx-dtype';
import { float, int, ints, text } from '../../onnx/attribute';
import { OnnxGraph, type ValueName } from '../../onnx/onnx-graph';
import { encodeOnnxModel } from '../../onnx/onnx-model';
import { addBackbone } from './backbone';
import { GraphConstants } from './graph-constants';
import { DIRECTIONS, FILTER_SIZE, lineFilters } from './line-filters';

export interface ScratchDetectionOptions {
  /** `small` has what finds the scratches; `full` has a backbone of the published size beside it, for load. */
  readonly scale: 'small' | 'full';
  /**
   * `none`: takes one picture [3, height, width]; `one`: the same with a batch axis of 1; `many`: a batch, and tells of each
   * detection in the output `image_index` which picture of it it is in.
   */
  readonly batch?: 'none' | 'one' | 'many';
  /** Multiples of 12. Default: 900 × 1200. */
  readonly height?: number;
  readonly width?: number;
}

/** Side of the cells in which lines are joined, in pixels of the picture at half its size. */
const CELL = 6;
/** A pixel whose line answer is above this is part of a line. Brightness goes from 0 to 1. */
const LINE = 0.07;
/** Strength and length (in pixels) at which a line is as likely a scratch as not. */
const LIKELY_STRENGTH = 0.11;
const LIKELY_LENGTH = 45;
/** Steps from cell to cell that a box is passed on; the longest line is shorter. */
const STEPS = 48;
const MAX_DETECTIONS = 12;
const FAR = 1e6;
/** Side of the coarse mask of a detection. */
const ROI = 28;
/** A pixel belongs to a scratch when its line answer is more than this part of the scratch's strength. */
const MASK_PART = 0.42;

/** Builds the graph piece by piece; each method says what it takes and leaves. */
class ScratchDetectionGraph {
  readonly graph = new OnnxGraph('scratch-detection');
  private readonly constants = new GraphConstants(this.graph);
  private readonly height: number;
  private readonly width: number;

  constructor(private readonly options: ScratchDetectionOptions) {
    this.height = options.height ?? 900;
    this.width = options.width ?? 1200;
    for (const [side, size] of Object.entries({ height: this.height, width: this.width })) {
      if (size % (2 * CELL) !== 0)
        throw new RangeError(`'${side}' must be a multiple of ${2 * CELL}, got ${size}`);
    }
  }

  build(): void {
    const images = this.input();
    const { lines, likelihood } = this.lines(images);
    const { boxes, strength } = this.cells(lines);
    const scores = this.score(boxes, strength, likelihood);
    const chosen = this.choose(boxes, scores);
    this.outputs(lines, { boxes, strength, scores }, chosen);
  }

  /** float32 [batch, 3, height, width], whatever the model takes. */
  private input(): ValueName {
    const { height, width } = this;
    const { batch = 'none' } = this.options;
    const axes = { none: [3, height, width], one: [1, 3, height, width], many: ['batch', 3, height, width] }[
      batch
    ];
    const image = this.graph.input('image', 'float32', axes);
    return batch === 'none' ? this.node('Unsqueeze', [image, this.constants.wholes(0)]) : image;
  }

  /** How much each pixel of the picture at half its size is part of a bright line: [batch, 1, height / 2, width / 2]. */
  private lines(images: ValueName): { lines: ValueName; likelihood: ValueName | undefined } {
    const grey = this.node('ReduceMean', [images, this.constants.wholes(1)], { keepdims: int(1) });
    const half = this.node('AveragePool', [grey], { kernel_shape: ints(2, 2), strides: ints(2, 2) });
    const shape = [DIRECTIONS, 1, FILTER_SIZE, FILTER_SIZE];
    const filters = this.constants.floats('line_filters', shape, lineFilters());
    // Mirrored at the edge: zeros around a picture would look like one side of a line.
    const pad = (FILTER_SIZE - 1) / 2;
    const padded = this.node('Pad', [half, this.constants.wholes(0, 0, pad, pad, 0, 0, pad, pad)], {
      mode: text('reflect'),
    });
    const answers = this.node('Conv', [padded, filters]);
    const strongest = this.node('ReduceMax', [answers, this.constants.wholes(1)], { keepdims: int(1) });
    const likelihood =
      this.options.scale === 'full' ? addBackbone(this.graph, this.constants, images) : undefined;
    return { lines: this.node('Relu', [strongest]), likelihood };
  }

  /**
   * For each cell that a line goes through: the box around that line and its strength. Both are passed on from cell to cell
   * along the line until all of its cells agree. boxes [batch, cells, 4] (x1, y1, x2, y2), strength [batch, cells].
   */
  private cells(lines: ValueName): { boxes: ValueName; strength: ValueName } {
    const isLine = this.node('Greater', [lines, this.constants.number(LINE)]);
    const corners = this.node('Where', [isLine, this.pixelCorners(), this.constants.number(-FAR)]);
    const pooled = { kernel_shape: ints(CELL, CELL), strides: ints(CELL, CELL) };
    const known = this.node(
      'Concat',
      [this.node('MaxPool', [corners], pooled), this.node('MaxPool', [lines], pooled)],
      { axis: int(1) },
    );
    const near = { kernel_shape: ints(3, 3), pads: ints(1, 1, 1, 1) };
    const strong = this.node('MaxPool', [lines], pooled);
    // A line may be faint for a cell's length.
    const passable = this.node('Greater', [
      this.node('MaxPool', [strong], near),
      this.constants.number(LINE),
    ]);
    let state = known;
    for (let step = 0; step < STEPS; step++) {
      state = this.node('Where', [
        passable,
        this.node('MaxPool', [state], near),
        this.constants.number(-FAR),
      ]);
    }
    const isCell = this.node('Greater', [strong, this.constants.number(LINE)]);
    const agreed = this.node('Where', [isCell, state, this.constants.number(-FAR)]);
    const rows = this.node('Transpose', [this.node('Reshape', [agreed, this.constants.wholes(0, 5, -1)])], {
      perm: ints(0, 2, 1),
    });
    const signs = this.constants.floats('corner_signs', [4], [-1, -1, 1, 1]);
    const boxes = this.node('Mul', [this.slice(rows, 2, 0, 4), signs]);
    return { boxes, strength: this.node('Squeeze', [this.slice(rows, 2, 4, 5), this.constants.wholes(2)]) };
  }

  /** −x1, −y1, x2, y2 of each pixel at half size, in pixels of the whole picture: [1, 4, height / 2, width / 2]. */
  private pixelCorners(): ValueName {
    const [height, width] = [this.height / 2, this.width / 2];
    const planes = [0, 1, 2, 3].flatMap((corner) =>
      Array.from({ length: height * width }, (_, at) => {
        const [x, y] = [at % width, Math.floor(at / width)];
        return [-2 * x, -2 * y, 2 * x + 2, 2 * y + 2][corner];
      }),
    );
    return this.constants.floats('pixel_corners', [1, 4, height, width], planes);
  }

  /** How likely the line of each cell is a scratch: [batch, 1, cells]. Long and strong lines are. */
  private score(boxes: ValueName, strength: ValueName, likelihood: ValueName | undefined): ValueName {
    const { constants } = this;
    const size = this.node('Sub', [this.slice(boxes, 2, 2, 4), this.slice(boxes, 2, 0, 2)]);
    const length = this.node('ReduceMax', [size, constants.wholes(2)], { keepdims: int(0) });
    const long = this.steep(length, LIKELY_LENGTH, 0.12);
    const strong = this.steep(strength, LIKELY_STRENGTH, 50);
    const score = this.node('Unsqueeze', [this.node('Mul', [long, strong]), constants.wholes(1)]);
    if (likelihood === undefined) return score;
    return this.node('Add', [score, this.node('Squeeze', [likelihood, constants.wholes(3)])]);
  }

  /** From 0 to 1 around a middle. */
  private steep(value: ValueName, middle: number, slope: number): ValueName {
    const centred = this.node('Sub', [value, this.constants.number(middle)]);
    return this.node('Sigmoid', [this.node('Mul', [centred, this.constants.number(slope)])]);
  }

  /** One cell of each line: picture and cell [detections + 1, 2], the best first in each picture. The last one is none. */
  private choose(boxes: ValueName, scores: ValueName): ValueName {
    const { constants } = this;
    const selected = this.node('NonMaxSuppression', [
      boxes,
      scores,
      constants.wholes(MAX_DETECTIONS),
      // The cells of one line have one box; boxes of lines that cross may overlap a lot.
      constants.floats('overlap', [1], [0.8]),
      constants.floats('least_score', [1], [0.3]),
    ]);
    const places = this.node('Concat', [this.slice(selected, 1, 0, 1), this.slice(selected, 1, 2, 3)], {
      axis: int(1),
    });
    // Some operators fail on no detection at all: one more goes along, and is left out of the answer.
    const none = this.node('Reshape', [constants.wholes(0, 0), constants.wholes(1, 2)]);
    return this.node('Concat', [places, none], { axis: int(0) });
  }

  private outputs(
    lines: ValueName,
    { boxes, strength, scores }: Record<'boxes' | 'strength' | 'scores', ValueName>,
    chosen: ValueName,
  ): void {
    const { constants } = this;
    const picture = this.node('Reshape', [this.slice(chosen, 1, 0, 1), constants.wholes(-1)]);
    const found = this.node('GatherND', [boxes, chosen]);
    const flatScores = this.node('Squeeze', [scores, constants.wholes(1)]);
    const peak = this.node('Reshape', [
      this.node('GatherND', [strength, chosen]),
      constants.wholes(-1, 1, 1, 1),
    ]);
    const gate = this.paste(this.coarseMasks(lines, found, picture, peak), found);
    const own = this.ownCells(boxes, found, picture);
    const masks = this.node('Mul', [this.fineMasks(lines, own, picture, peak), gate]);
    const { height, width } = this;
    this.output('boxes', found, ['detections', 4]);
    this.output('labels', this.ones(picture), ['detections'], 'int64');
    this.output('scores', this.node('GatherND', [flatScores, chosen]), ['detections']);
    this.output('masks', masks, ['detections', 1, height, width]);
    if (this.options.batch === 'many') this.output('image_index', picture, ['detections'], 'int64');
  }

  /** Which part of a detection's box its line goes through: [detections + 1, 1, ROI, ROI], 0 to 1. */
  private coarseMasks(lines: ValueName, boxes: ValueName, image: ValueName, peak: ValueName): ValueName {
    const regions = this.node('RoiAlign', [lines, boxes, image], {
      output_height: int(ROI),
      output_width: int(ROI),
      sampling_ratio: int(2),
      spatial_scale: float(0.5),
    });
    // The mask head: what is near a strong answer belongs to it.
    const near = this.node('MaxPool', [regions], { kernel_shape: ints(3, 3), pads: ints(1, 1, 1, 1) });
    const part = this.node('Mul', [peak, this.constants.number(MASK_PART / 4)]);
    return this.clip(this.node('Mul', [this.node('Sub', [near, part]), this.constants.number(60)]));
  }

  /**
   * Puts masks where their boxes are: interpolation between their pixels, along the rows and the columns, as two products
   * of matrices. [detections + 1, 1, height, width]
   */
  private paste(masks: ValueName, boxes: ValueName): ValueName {
    const rows = this.hats(this.slice(boxes, 1, 1, 2), this.slice(boxes, 1, 3, 4), this.height, 'rows');
    const columns = this.hats(this.slice(boxes, 1, 0, 1), this.slice(boxes, 1, 2, 3), this.width, 'columns');
    const flat = this.node('Squeeze', [masks, this.constants.wholes(1)]);
    const across = this.node('MatMul', [flat, this.node('Transpose', [columns], { perm: ints(0, 2, 1) })]);
    return this.node('Unsqueeze', [this.node('MatMul', [rows, across]), this.constants.wholes(1)]);
  }

  /** For each detection how much each of ROI places along one side counts for each pixel: [detections + 1, size, ROI]. */
  private hats(from: ValueName, to: ValueName, size: number, name: string): ValueName {
    const { constants } = this;
    const middles = constants.floats(
      `${name}_middles`,
      [1, size, 1],
      Array.from({ length: size }, (_, i) => i + 0.5),
    );
    const places = constants.floats(
      'roi_places',
      [1, 1, ROI],
      Array.from({ length: ROI }, (_, i) => i + 0.5),
    );
    const third = constants.wholes(2);
    const start = this.node('Unsqueeze', [from, third]);
    const length = this.node('Max', [
      this.node('Sub', [this.node('Unsqueeze', [to, third]), start]),
      constants.number(1),
    ]);
    const scaled = this.node('Mul', [
      this.node('Div', [this.node('Sub', [middles, start]), length]),
      constants.number(ROI),
    ]);
    const away = this.node('Abs', [this.node('Sub', [scaled, places])]);
    return this.node('Relu', [this.node('Sub', [constants.number(1), away])]);
  }

  /** Which pixels of the whole picture are as much part of a line as the detection is: [detections + 1, 1, height, width]. */
  private fineMasks(lines: ValueName, own: ValueName, image: ValueName, peak: ValueName): ValueName {
    const twice = this.constants.floats('twice', [4], [1, 1, 2, 2]);
    const there = this.node('Mul', [this.node('Gather', [lines, image], { axis: int(0) }), own]);
    const large = this.node('Resize', [there, '', twice], { mode: text('linear') });
    const part = this.node('Mul', [peak, this.constants.number(MASK_PART)]);
    const above = this.node('Div', [this.node('Sub', [large, part]), part]);
    return this.clip(
      this.node('Add', [this.node('Mul', [above, this.constants.number(4)]), this.constants.number(0.5)]),
    );
  }

  /** Where the cells of a detection's own line are, and those beside them: [detections + 1, 1, height / 2, width / 2]. */
  private ownCells(boxes: ValueName, found: ValueName, image: ValueName): ValueName {
    const { constants } = this;
    const all = this.node('Gather', [boxes, image], { axis: int(0) });
    const difference = this.node('Abs', [
      this.node('Sub', [all, this.node('Unsqueeze', [found, constants.wholes(1)])]),
    ]);
    const largest = this.node('ReduceMax', [difference, constants.wholes(2)], { keepdims: int(0) });
    const isOwn = this.node('Cast', [this.node('Less', [largest, constants.number(0.5)])], {
      to: int(ONNX_DTYPES.float32),
    });
    const [rows, columns] = [this.height / 2 / CELL, this.width / 2 / CELL];
    const cells = this.node('Reshape', [isOwn, constants.wholes(-1, 1, rows, columns)]);
    const near = this.node('MaxPool', [cells], { kernel_shape: ints(3, 3), pads: ints(1, 1, 1, 1) });
    const scales = constants.floats('cell', [4], [1, 1, CELL, CELL]);
    return this.node('Resize', [near, '', scales], { mode: text('nearest') });
  }

  private clip(value: ValueName): ValueName {
    return this.node('Clip', [value, this.constants.number(0), this.constants.number(1)]);
  }

  private ones(like: ValueName): ValueName {
    const zeros = this.node('Mul', [like, this.constants.wholes(0)]);
    return this.node('Add', [zeros, this.constants.wholes(1)]);
  }

  /** All rows but the last, which is none. */
  private output(
    name: string,
    value: ValueName,
    shape: readonly (number | string)[],
    dtype: 'float32' | 'int64' = 'float32',
  ): void {
    const { constants } = this;
    const inputs = [value, constants.wholes(0), constants.wholes(-1), constants.wholes(0)];
    this.graph.output(this.graph.node('Slice', inputs, { name }), dtype, shape);
  }

  private slice(value: ValueName, axis: number, from: number, to: number): ValueName {
    const { constants } = this;
    return this.node('Slice', [value, constants.wholes(from), constants.wholes(to), constants.wholes(axis)]);
  }

  private node(operator: string, inputs: ValueName[], attributes = {}): ValueName {
    return this.graph.node(operator, inputs, { attributes });
  }
}

/**
 * The bytes of an ONNX file that finds bright scratches on painted panels: float32 pictures of 0 to 1 → `boxes` [detections,
 * 4] (x1, y1, x2, y2), `labels` int64 (1: scratch), `scores`, `masks` [detections, 1, height, width] of 0 to 1; at most 12
 * detections a picture, the best first.
 */
export function buildScratchDetectionModel(options: ScratchDetectionOptions): Uint8Array {
  const model = new ScratchDetectionGraph(options);
  model.build();
  return encodeOnnxModel(model.graph, 'line filters → cells → NonMaxSuppression → RoiAlign → masks');
}
