const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * An AbortSignal for Ctrl-C and SIGTERM: the first one ends the run and keeps what was measured, the second ends the
 * process as without a handler.
 */
export function stopSignal(): { readonly signal: AbortSignal; forget(): void } {
  const controller = new AbortController();
  const onSignal = (name: NodeJS.Signals): void => {
    forget();
    controller.abort(new Error(`stopped by ${name}`));
  };
  const forget = (): void => SIGNALS.forEach((name) => process.off(name, onSignal));
  SIGNALS.forEach((name) => process.once(name, onSignal));
  return { signal: controller.signal, forget };
}
