import { z } from 'zod';

/** A text; a number is taken as the text that it was written as, because existing clients send versions as numbers. */
export const text = z
  .union([z.string(), z.number()], {
    error: (issue) => (issue.input === undefined ? 'field required' : 'str type expected'),
  })
  .transform(String);

/** Listed as null when it is absent. */
export const optionalText = text.nullish().transform((value) => value ?? null);

/** Names to texts, e.g. libraries to their versions; null when absent. */
export const optionalTexts = z
  .record(z.string(), text)
  .nullish()
  .transform((value) => value ?? null);

/** Finds the keys that name a component together with a number; inside a text the quotes would be escaped. */
const NUMBER_AS_NAME =
  /("(?:model_name|model_version|id)"\s*:\s*)(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?=\s*[,}])/g;

/**
 * JSON in which names and versions that were written as numbers are texts: `1.0` would be read as 1 and the version
 * "1.0", under which existing clients look for it later, would be lost.
 */
export function quoteNumericNames(json: string): string {
  return json.replace(NUMBER_AS_NAME, (_, key: string, literal: string) => `${key}"${numberText(literal)}"`);
}

/** How the published service prints the number that a literal stands for. */
function numberText(literal: string): string {
  if (/^-?\d+$/.test(literal)) return literal;
  const value = Number(literal);
  if (!Number.isFinite(value)) return literal;
  if (!Number.isInteger(value)) return String(value);
  return Math.abs(value) < 1e16 ? `${value}.0` : value.toExponential().replace(/e\+(\d)$/, 'e+0$1');
}
