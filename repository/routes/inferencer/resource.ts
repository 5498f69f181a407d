import { inferencerSchemas } from '../../schemas/inferencer';
import { identifiedResource } from '../identified-resource';

export const inferencerResource = identifiedResource('inferencer', inferencerSchemas);
