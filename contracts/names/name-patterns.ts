/** The name of a model, the id of another component. It cannot leave a folder, and begins no option. */
export const COMPONENT_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

export const COMPONENT_VERSION = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,127}$/;

/** A DNS label: names of pipelines become names and labels of Kubernetes objects. */
export const PIPELINE_NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
