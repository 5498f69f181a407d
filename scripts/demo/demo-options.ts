/** What a person may say of a demo. */
export interface DemoOptions {
  /** Go on serving at the end. */
  readonly keep?: boolean;
  /** Repository to fetch the components from; without it those beside the document are used. */
  readonly repository?: string;
  /** Where fetched components are kept. */
  readonly components?: string;
}
