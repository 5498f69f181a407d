import { serviceSchemas } from '../../schemas/service';
import { identifiedResource } from '../identified-resource';

export const serviceResource = identifiedResource('service', serviceSchemas);
