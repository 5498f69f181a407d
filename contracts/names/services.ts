/** The services that a pipeline can be served over. */
export const SERVICES = ['extended', 'basic'] as const;
export type ServiceName = (typeof SERVICES)[number];
