/** How answers are printed: as JSON lines, or as lines of a table for a person. */
export const ANSWER_FORMATS = ['json', 'table'] as const;
export type AnswerFormat = (typeof ANSWER_FORMATS)[number];
