/** Thrown when a component cannot be found or used. The message says what was sought, where, and what is there instead. */
export class ComponentError extends Error {
  override readonly name = 'ComponentError';
}
