import { SERVICE_FORMATS } from '../../definition/service-formats';
import { type Service } from '../service';
import { basicConversion } from './conversion';
import { BASIC_SERVICE } from './definition';

/** The Basic service: one float32 tensor in, one out, on streams; for pipelines with one input and one output. */
export const basicService: Service = {
  name: 'basic',
  transport: 'grpc',
  accepts: SERVICE_FORMATS.basic,
  open: ({ streams }) => ({
    proto: 'basic_inference.proto',
    methods: BASIC_SERVICE,
    openers: new Map([
      [BASIC_SERVICE.predict.path, streams.opener('basic', BASIC_SERVICE.predict.path, basicConversion)],
    ]),
  }),
};
