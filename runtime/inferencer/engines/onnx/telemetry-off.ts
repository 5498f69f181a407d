// ONNX Runtime's published libraries report their use to its maker, and keep an identifier of the machine on disk, unless
// this is set before the engine starts (https://github.com/microsoft/onnxruntime/pull/27379). A server of ours does not
// call anybody by itself; who wants it sets the variable to 0.
// eslint-disable-next-line no-restricted-properties -- the engine reads its environment, there is no option for it
process.env.ORT_DISABLE_TELEMETRY ??= '1';
