import { findProxyFailure } from './proxy.ts';

/** An error of Node.js, of OpenSSL or of its HTTP clients, as far as it tells how far a request came. */
interface NetworkError {
  readonly code?: unknown;
  readonly syscall?: unknown;
  readonly message?: unknown;
  readonly cause?: unknown;
  readonly errors?: unknown;
}

/** Codes of connections that did not come about: no name, no route, no listener, no trust. */
const NOT_CONNECTED = new RegExp(
  `^(${[
    'ECONNREFUSED|ENOTFOUND|EAI_.*|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENETDOWN|EADDRNOTAVAIL|UND_ERR_CONNECT_TIMEOUT',
    'ERR_TLS_CERT_.*|ERR_TLS_HANDSHAKE_TIMEOUT|CERT_.*|SELF_SIGNED_.*|DEPTH_ZERO_.*|UNABLE_TO_.*|HOSTNAME_MISMATCH|INVALID_CA',
    'ERR_SSL_WRONG_VERSION_NUMBER|ERR_SSL_UNSUPPORTED_PROTOCOL|ERR_SSL_NO_PROTOCOLS_AVAILABLE|ERR_SSL_PACKET_LENGTH_TOO_LONG',
    'ERR_SSL_.*HANDSHAKE_FAILURE|ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION|ERR_SSL_TLSV1_UNRECOGNIZED_NAME|ERR_SSL_HTTP_REQUEST',
  ].join('|')})$`,
);

/** Calls of the system that come before the first byte. */
const CONNECTING: readonly unknown[] = ['connect', 'getaddrinfo'];

/** Node.js names a handshake that was cut, and a port that fetch never opens, by their messages alone. */
const NOT_CONNECTED_MESSAGE = /before secure TLS connection was established|^bad port$/;

/** Codes of requests that the HTTP client would not write: a header, a path or an address that is malformed. */
const NOT_WRITTEN =
  /^(ERR_INVALID_CHAR|ERR_INVALID_HTTP_TOKEN|ERR_UNESCAPED_CHARACTERS|ERR_INVALID_URL|ERR_INVALID_PROTOCOL|ERR_INVALID_ARG_(TYPE|VALUE)|ERR_HTTP_INVALID_HEADER_VALUE|ERR_SOCKET_BAD_PORT|UND_ERR_INVALID_ARG)$/;

const DEPTH_MAX = 5;

/**
 * How it is certain that nothing was sent: `unreachable`, which may pass, or `not-written`, which another attempt would meet
 * again. Null when the request may have left.
 */
export function readUnsent(error: unknown): 'unreachable' | 'not-written' | null {
  if (findProxyFailure(error) !== null) return 'unreachable';
  const leaves = leavesOf(error, 0);
  if (leaves.length === 0) return null;
  if (leaves.every(isNotWritten)) return 'not-written';
  return leaves.every((leaf) => isNotConnected(leaf) || isNotWritten(leaf)) ? 'unreachable' : null;
}

/** The errors at the bottom: behind `cause`, and one for each address that was tried. */
function leavesOf(error: unknown, depth: number): readonly NetworkError[] {
  if (typeof error !== 'object' || error === null || depth > DEPTH_MAX) return [];
  const { cause, errors } = error as NetworkError;
  if (Array.isArray(errors) && errors.length > 0) return errors.flatMap((inner) => leavesOf(inner, depth + 1));
  const behind = leavesOf(cause, depth + 1);
  return behind.length > 0 ? behind : [error];
}

function isNotConnected({ code, syscall, message }: NetworkError): boolean {
  return CONNECTING.includes(syscall) || NOT_CONNECTED.test(String(code)) || NOT_CONNECTED_MESSAGE.test(String(message));
}

function isNotWritten(error: NetworkError): boolean {
  return NOT_WRITTEN.test(String(error.code));
}
