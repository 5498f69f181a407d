import './telemetry-off';
import { onnxParametersSchema, type OnnxParameters } from '../../../definition/onnx-parameters';
import { readOnnxMetadata } from '../../../formats/onnx-metadata';
import { onnxVariant } from '../../../formats/onnx-variant';
import { type Engine } from '../engine';
import type * as ortModel from './ort-model';

/** ONNX Runtime. Its library is loaded with the first model, not with this file. */
export const engine: Engine<OnnxParameters> = {
  name: 'onnx',
  parameters: onnxParametersSchema,
  metadata(file) {
    const { inputs, outputs, optionalInputs, unsupported: leftOut, externalData } = readOnnxMetadata(file);
    return { inputs, outputs, optionalInputs, leftOut, externalData };
  },
  adapt: onnxVariant,
  open(file, options, context) {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded with the first model
    const { OrtModel } = require('./ort-model') as typeof ortModel;
    return OrtModel.open(file, options, context);
  },
};
