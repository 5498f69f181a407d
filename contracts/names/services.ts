/** The registered services: the front doors that a pipeline can be served over. docs/develop/front-door.md adds one. */
export const SERVICES = ['extended', 'basic'] as const;
export type ServiceName = (typeof SERVICES)[number];
