/** Calls the API of this origin with the session's token. Waits for a token, and retries what is safe to retry. */

import { ApiError, isTemporary, Unreachable } from "./errors.js";
import { parse } from "./json.js";

/**
 * @typedef {import("./session/session.js").Session} Session
 * @typedef {{id: string, createdAt: string, data: Record<string, unknown>}} StoredRecord
 * @typedef {{id: string, createdAt: string}} Receipt
 * @typedef {{id: string, change: "stored", record: StoredRecord} | {id: string, change: "deleted"}} Change
 * @typedef {{method?: string, body?: string, headers?: Record<string, string>, signal?: AbortSignal, keepalive?: boolean}} Options
 */

const LONGEST_PAUSE = 15; // seconds between retries
const DEADLINE = 30_000; // milliseconds; the gateway's own is 15 s

export class Api extends EventTarget {
  /** @type {{fault: import("./errors.js").Fault, seconds: number} | null} */
  trouble = null; // what keeps requests from succeeding now

  /** @param {Session} session */
  constructor(session) {
    super();
    this.session = session;
    window.addEventListener("online", () => this.dispatchEvent(new Event("online")));
  }

  /**
   * One record as JSON text, or a batch as NDJSON. Retried with its key until it is answered.
   * @param {string} body
   * @param {string} key the Idempotency-Key
   * @param {AbortSignal} [signal]
   * @returns {Promise<any>} a Receipt, or `{records: Receipt[]}` for a batch
   */
  async post(body, key, signal, contentType = "application/json") {
    const headers = { "content-type": contentType, "idempotency-key": key };
    return await this.#retried("/data", { method: "POST", body, headers, ...(signal ? { signal } : {}) });
  }

  /**
   * @param {Record<string, string>} query
   * @param {AbortSignal} [signal]
   * @returns {Promise<{records: StoredRecord[], nextPageToken?: string}>}
   */
  async list(query, signal) {
    return await this.#retried(`/data?${new URLSearchParams(query)}`, signal ? { signal } : {});
  }

  /**
   * Waits up to 10 s for a record that is under way.
   * @param {string} id
   * @param {number} wait seconds
   * @param {AbortSignal} [signal]
   * @returns {Promise<StoredRecord>}
   */
  async get(id, wait, signal) {
    const headers = wait ? { prefer: `wait=${wait}` } : {};
    return await this.#retried(`/data/${encodeURIComponent(id)}`, { headers, ...(signal ? { signal } : {}) });
  }

  /**
   * @param {string} id
   * @param {boolean} [isLeaving] the page is being closed: the browser sends it all the same
   */
  async delete(id, isLeaving = false) {
    const options = { method: "DELETE", keepalive: isLeaving };
    if (isLeaving) await this.#once(`/data/${id}`, options);
    else await this.#retried(`/data/${id}`, options);
  }

  /** @returns {Promise<{roles: string[], email?: string}>} */
  async me() {
    return await this.#retried("/me", {});
  }

  /**
   * One look at the feed; no retry, since the caller follows it anyway.
   * @param {string} cursor
   * @param {number} wait seconds
   * @param {AbortSignal} signal
   * @returns {Promise<{changes: Change[], nextCursor: string}>}
   */
  async changes(cursor, wait, signal) {
    const headers = wait ? { prefer: `wait=${wait}` } : {};
    return await this.#once(`/data/changes?cursor=${encodeURIComponent(cursor)}`, { headers, signal });
  }

  /**
   * @param {string} path
   * @param {Options} options
   */
  async #retried(path, options) {
    for (let pause = 0.5; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      try {
        return await this.#once(path, options);
      } catch (fault) {
        if (!isTemporary(fault)) throw fault;
        const asked = fault instanceof ApiError ? fault.retryAfter : null;
        const seconds = asked ?? pause * (0.75 + Math.random() / 2);
        this.#report({ fault: /** @type {import("./errors.js").Fault} */ (fault), seconds });
        await this.pause(seconds, options.signal);
      }
    }
  }

  /**
   * @param {string} path
   * @param {Options} options
   */
  async #once(path, options) {
    for (;;) {
      const token = await this.session.freshToken(options.signal);
      const answer = await this.#fetch(path, options, token);
      if (answer.status === 401) {
        this.session.reject(token);
        continue;
      }
      const text = await answer.text().catch(() => Promise.reject(new Unreachable()));
      if (answer.ok) {
        this.#report(null);
        return text ? parse(text) : null;
      }
      const body = errorBody(text, answer.status);
      throw new ApiError(answer.status, body, Number(answer.headers.get("retry-after")) || null);
    }
  }

  /**
   * @param {string} path
   * @param {Options} options
   * @param {string} token
   * @returns {Promise<Response>}
   */
  async #fetch(path, { headers, signal, ...options }, token) {
    const deadline = AbortSignal.timeout(DEADLINE);
    try {
      return await fetch(path, {
        ...options,
        headers: { ...headers, ...credentials(this.session.config, token) },
        signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
        cache: "no-store",
        credentials: "omit",
      });
    } catch (error) {
      signal?.throwIfAborted();
      throw new Unreachable(String(error));
    }
  }

  /**
   * Ends early when the browser is online again.
   * @param {number} seconds
   * @param {AbortSignal} [signal]
   * @returns {Promise<void>}
   */
  pause(seconds, signal) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const timer = setTimeout(resolve, seconds * 1000);
      this.addEventListener("online", () => resolve(), { once: true });
      signal?.addEventListener("abort", () => {
        clearTimeout(timer);
        reject(signal.reason);
      });
      return undefined;
    });
  }

  /** @param {{fault: import("./errors.js").Fault, seconds: number} | null} trouble */
  #report(trouble) {
    if (!trouble && !this.trouble) return;
    this.trouble = trouble;
    this.dispatchEvent(new Event("trouble"));
  }
}

/**
 * The headers that say who calls, and with the key of which project where calls need one.
 * @param {import("./config.js").Config} config
 * @param {string} token
 * @returns {Record<string, string>}
 */
export function credentials({ apiKey }, token) {
  const bearer = { authorization: `Bearer ${token}` };
  return apiKey ? { ...bearer, "x-api-key": apiKey } : bearer;
}

/**
 * @param {string} text
 * @param {number} status
 * @returns {import("./errors.js").ErrorBody}
 */
function errorBody(text, status) {
  try {
    const body = JSON.parse(text);
    if (typeof body.message === "string") return body;
  } catch {
    // not JSON: an answer of something between the page and the API
  }
  return { code: status, message: `The API answered ${status}.` };
}
