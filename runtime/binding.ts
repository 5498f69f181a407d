import { formatAddress, type Address } from '../contracts/values/address';
import { messageOf, type Problem } from '../contracts/program/problem';

/** An address that a server listens on when it starts. */
export interface Binding {
  /** The option that it is from. */
  readonly option: string;
  readonly address: Address;
  /** Resolves to the port. */
  listen(): Promise<number>;
}

/** The problem of an address that could not be bound. */
export function describeBindFailure({ option, address }: Binding, error: unknown): Problem {
  const text = messageOf(error);
  const reason = text.includes('EADDRINUSE')
    ? 'the port is in use; take another, or 0 for any free one'
    : text;
  return { path: option, message: `cannot listen on ${formatAddress(address)}: ${reason}` };
}
