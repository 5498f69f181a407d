import './telemetry-off';
import type * as onnxParameters from '../../../definition/onnx-parameters';
import { readOnnxMetadata } from '../../../formats/onnx-metadata';
import { onnxVariant } from '../../../formats/onnx-variant';
import { whyNoBatchAxis } from '../../batch-axis';
import { type Engine } from '../engine';
import { writeProbe } from './decisions';
import { findHazard } from './hazards';
import { findMixing } from './mixing';
import type * as ortModel from './ort-model';

/** ONNX Runtime. Its library is loaded with the first model, not with this file. */
export const engine: Engine<onnxParameters.OnnxParameters> = {
  name: 'onnx',
  get parameters() {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- a worker starts faster without its library
    const { onnxParametersSchema } = require('../../../definition/onnx-parameters') as typeof onnxParameters;
    return onnxParametersSchema;
  },
  metadata(file) {
    const { inputs, outputs, optionalInputs, unsupported: leftOut, externalData } = readOnnxMetadata(file);
    return { inputs, outputs, optionalInputs, leftOut, externalData };
  },
  inspect(file) {
    const model = readOnnxMetadata(file);
    const hazard = findHazard(model, whyNoBatchAxis(model) === undefined);
    const mixing = findMixing(model);
    return { ...(hazard && { hazard }), ...(mixing && { mixing }), files: model.externalData };
  },
  writeProbe,
  adapt: onnxVariant,
  open(file, options, context) {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded with the first model
    const { OrtModel } = require('./ort-model') as typeof ortModel;
    return OrtModel.open(file, options, context);
  },
};
