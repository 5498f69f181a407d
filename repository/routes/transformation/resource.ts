import { transformationSchemas } from '../../../contracts/repository/transformation';
import { identifiedResource } from '../identified-resource';

export const transformationResource = identifiedResource('transformation', transformationSchemas);
