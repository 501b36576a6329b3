/** What went wrong, for pages that show a message of their own. */
export type WebErrorKind =
  | 'no-webgpu'
  | 'no-adapter'
  | 'limits'
  | 'lost'
  | 'memory'
  | 'download'
  | 'file'
  | 'source'
  | 'camera'
  | 'stopped';

/** An error for a page's user: one line that says what, why and what helps. */
export class WebError extends Error {
  override readonly name = 'WebError';
  readonly kind: WebErrorKind;

  constructor(kind: WebErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** The message of anything thrown, on one line. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.trim().replace(/\s*\n\s*/g, ' ');
}
