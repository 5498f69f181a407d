/** A part of a report. */
export interface Section {
  /** Anchor, of lower-case letters and hyphens. */
  readonly id: string;
  readonly title: string;
  /** Markup, in order: paragraphs, tables, pictures. */
  readonly content: readonly string[];
}

/** A picture with a name that can be a file's. */
export interface Chart {
  readonly name: string;
  readonly title: string;
  readonly svg: string;
}
