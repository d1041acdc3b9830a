/** What went wrong with a request, and the words for it: what happened, and what to do. */

/**
 * @typedef {{line?: number, field: string, problem: string}} Problem
 * @typedef {{code: number, message: string, details?: Problem[]}} ErrorBody
 */

/** The API answered with an error. */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {ErrorBody} body
   * @param {number | null} retryAfter seconds
   */
  constructor(status, body, retryAfter) {
    super(body.message);
    this.status = status;
    this.details = body.details ?? [];
    this.retryAfter = retryAfter;
  }
}

/** No answer came. */
export class Unreachable extends Error {}

/** @typedef {ApiError | Unreachable} Fault */

const TEMPORARY = new Set([429, 500, 502, 503, 504]);

/**
 * Whether the same request can succeed later.
 * @param {unknown} fault
 */
export function isTemporary(fault) {
  return fault instanceof Unreachable || (fault instanceof ApiError && TEMPORARY.has(fault.status));
}

/**
 * @param {unknown} fault
 * @param {number} [seconds] until the next try, if there is one
 * @returns {string}
 */
export function faultText(fault, seconds) {
  const next = seconds ? ` Trying again in ${Math.ceil(seconds)} s.` : " Try again.";
  if (!navigator.onLine) return "You are offline. What you send waits here and goes out when you are online again.";
  if (fault instanceof Unreachable) return `The API cannot be reached. Nothing is lost.${next}`;
  if (!(fault instanceof ApiError)) return `Unexpected error: ${fault instanceof Error ? fault.message : fault}`;
  if (fault.status === 429) return `You have sent too much in a short time.${next}`;
  if (isTemporary(fault)) return `The API is temporarily unavailable. Nothing is lost.${next}`;
  if (fault.status === 403) return roleText(fault.message);
  return fault.message;
}

/**
 * @param {string} message of a 403, which names the role
 */
function roleText(message) {
  const role = /data\.(read|write)/.exec(message)?.[0];
  return role ? `You lack the role ${role}. Ask the operator of this API to grant it to you.` : message;
}
