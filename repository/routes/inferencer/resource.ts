import { inferencerSchemas } from '../../../contracts/repository/inferencer';
import { identifiedResource } from '../identified-resource';

export const inferencerResource = identifiedResource('inferencer', inferencerSchemas);
