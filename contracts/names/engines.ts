/** The ML engines that a document's `inferencer.use` can name. */
export const ENGINE_NAMES = ['onnx'] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];
