import { isIPv4, isIPv6 } from 'node:net';
import { refuse, type Subject } from './checks';

/** A network of IPv4 or IPv6 addresses. */
export function requireCidr(subject: Subject, property: string, cidr: string): string {
  const [, address = '', bits = ''] = /^([0-9a-fA-F.:]+)\/(0|[1-9]\d{0,2})$/.exec(String(cidr)) ?? [];
  const most = isIPv4(address) ? 32 : isIPv6(address) ? 128 : -1;
  if (typeof cidr === 'string' && bits !== '' && Number(bits) <= most) return cidr;
  return refuse(subject, property, cidr, 'a network such as 192.0.2.0/24 or 2001:db8::/32');
}
