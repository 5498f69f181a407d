import { type ServiceName } from '../../contracts/names/services';
import { basicService } from './basic/service';
import { extendedService } from './extended/service';
import { type Service } from './service';

/** The front door of each registered name. */
export const ALL_SERVICES: Readonly<Record<ServiceName, Service>> = {
  extended: extendedService,
  basic: basicService,
};
