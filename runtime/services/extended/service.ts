import { SERVICE_FORMATS } from '../../definition/service-formats';
import { type Service } from '../service';
import { extendedConversion } from './conversion';
import { EXTENDED_SERVICE } from './definition';

/** The Extended service: named tensors of any dtype, in both directions, on streams. */
export const extendedService: Service = {
  name: 'extended',
  transport: 'grpc',
  accepts: SERVICE_FORMATS.extended,
  open: ({ streams }) => ({
    proto: 'extended_inference.proto',
    methods: EXTENDED_SERVICE,
    openers: new Map([
      [
        EXTENDED_SERVICE.predict.path,
        streams.opener('extended', EXTENDED_SERVICE.predict.path, extendedConversion),
      ],
    ]),
  }),
};
