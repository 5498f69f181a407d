import { transformationSchemas } from '../../schemas/transformation';
import { identifiedResource } from '../identified-resource';

export const transformationResource = identifiedResource('transformation', transformationSchemas);
