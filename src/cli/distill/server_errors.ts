import { errorCode, escapeControl, messageOf } from '../errors.ts';
import { TeacherError } from './teacher.ts';

const REASONS: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was closed in mid-answer',
  EPIPE: 'the connection was closed in mid-request',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the host name cannot be resolved now',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ETIMEDOUT: 'the connection timed out',
};
/** What certificates and handshakes fail with. */
const TLS = /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|EPROTO|HOSTNAME_)/;

/** A failed connection as a TeacherError: worth another try, but for a certificate that is not trusted. */
export function networkError(shown: string, cause: unknown): TeacherError {
  const code = errorCode(cause);
  const options = { cause };
  if (TLS.test(code)) {
    const reason = escapeControl(messageOf(cause)).slice(0, 200);
    return new TeacherError('end', `${shown}: no secure connection: ${reason}`, undefined, options);
  }
  const own = code.startsWith('HPE_') ? 'it does not speak HTTP properly' : REASONS[code];
  return new TeacherError('retry', `${shown}: ${own ?? escapeControl(messageOf(cause))}`, undefined, options);
}
