import { serviceSchemas } from '../../../contracts/repository/service';
import { identifiedResource } from '../identified-resource';

export const serviceResource = identifiedResource('service', serviceSchemas);
