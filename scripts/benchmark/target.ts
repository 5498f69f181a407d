/** The server that a run drives, and how it is spoken to. Texts, not files: driver processes are handed them. */
export interface Target {
  /** `host:port` */
  readonly address: string;
  /** TLS, with PEM texts. @default - none */
  readonly tls?: {
    /** Authorities that the server's certificate may come from. @default - those that Node.js knows */
    readonly authorities?: string;
    readonly certificate?: string;
    readonly key?: string;
    /** Name in the server's certificate. @default - the host of the address */
    readonly serverName?: string;
  };
  /** Bearer token of every call. @default - none */
  readonly token?: string;
}
