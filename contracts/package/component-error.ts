/** Thrown when a component cannot be had. The message says what was looked for, where, and what is there instead. */
export class ComponentError extends Error {
  override readonly name = 'ComponentError';
}
