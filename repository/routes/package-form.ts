/** The multipart form of an upload, as the documentation shows it; it is read as a stream and not by a schema. */
export const packageForm = {
  type: 'object',
  required: ['file'],
  properties: {
    file: { type: 'string', format: 'binary', description: 'The package' },
    sha256: { type: 'string', description: 'Digest that the package must have when it arrived' },
    signature: { type: 'string', description: 'Detached Ed25519 signature, 64 bytes in base64' },
    signer: { type: 'string', description: 'Id of the key that signed' },
  },
} as const;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The multipart form that the route takes, for the documentation. */
    form?: object;
    /** Who may call it; default: `read` for GET and HEAD, `write` for the rest. */
    access?: 'open' | 'read' | 'write';
  }
}
