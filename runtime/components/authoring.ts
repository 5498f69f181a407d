import { z } from 'zod';
import { FormatError, requireTensor, withFormat } from '../formats/format';
import { defineFlowTransformation, defineTransformation } from '../transformations/transformation';
import { castTensor } from '../tensor/cast';
import { mapNumbers } from '../tensor/map-numbers';
import { elementCount, resolveAxis } from '../tensor/shape';
import { isTensor, tensor, zeros } from '../tensor/tensor';

/** What a component that is a function is called with: everything that writing a transformation takes. */
export const authoring = {
  defineTransformation,
  defineFlowTransformation,
  FormatError,
  requireTensor,
  withFormat,
  tensor,
  zeros,
  isTensor,
  elementCount,
  resolveAxis,
  mapNumbers,
  castTensor,
  z,
} as const;

export type Authoring = typeof authoring;
