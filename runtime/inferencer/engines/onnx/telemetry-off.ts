// ONNX Runtime's published libraries report their use to its maker, and keep an identifier of the machine on disk, unless
// this is set before the engine starts (https://github.com/microsoft/onnxruntime/pull/27379). This server calls nobody
// unasked; operators who want it set the variable to 0. A thread's environment is a copy that native code does not read:
// the main thread has to import this.
// eslint-disable-next-line no-restricted-properties -- the engine reads its environment, there is no option for it
process.env.ORT_DISABLE_TELEMETRY ??= '1';
