/**
 * Follows the changes of the user's records. One tab of the browser asks the API for all of them: the one that holds
 * the lock. It hands each answer and its cursor to the others, and a hidden tab gives the lock away.
 */

import { ApiError, isTemporary } from "../errors.js";
import { parse } from "../json.js";

/**
 * @typedef {import("../api.js").Api} Api
 * @typedef {import("../api.js").Change} Change
 */

const WAIT = 10; // seconds that the API may hold a request
const BAD_CURSOR = new Set([400, 410]); // invalid, or too old: the feed begins again, and the list is read again
const PAUSE = 2; // seconds after an answer that was a temporary error, if it does not say

export class Feed {
  /** @type {string | null} */
  #cursor = null;
  #stop = new AbortController();
  /** @type {AbortController | null} */
  #turn = null;
  #look = () => (document.hidden ? this.#turn?.abort() : void this.#take());

  /**
   * @param {Api} api
   * @param {string} user names the channel and the lock
   * @param {(changes: Change[]) => void} onChanges
   * @param {() => void} onGap some changes may have been missed: the list has to be read again
   */
  constructor(api, user, onChanges, onGap) {
    this.api = api;
    this.name = `feed ${user}`;
    this.onChanges = onChanges;
    this.onGap = onGap;
    this.channel = new BroadcastChannel(this.name);
    this.channel.addEventListener("message", ({ data }) => {
      const { changes, nextCursor } = parse(data); // as text: a copy would lose the exact numbers
      this.#receive(changes, nextCursor);
    });
  }

  start() {
    document.addEventListener("visibilitychange", this.#look);
    this.#look();
  }

  stop() {
    document.removeEventListener("visibilitychange", this.#look);
    this.#stop.abort();
    this.#turn?.abort();
    this.channel.close();
  }

  /** Waits for the lock, and follows the feed until the tab is hidden or the session ends. */
  async #take() {
    if (this.#stop.signal.aborted || (this.#turn && !this.#turn.signal.aborted)) return;
    this.#turn = new AbortController();
    const { signal } = this.#turn;
    await navigator.locks.request(this.name, { signal }, () => this.#follow(signal)).catch(() => undefined);
  }

  /** @param {AbortSignal} signal */
  async #follow(signal) {
    while (!signal.aborted) {
      try {
        const isNew = this.#cursor === null;
        const { changes, nextCursor } = await this.api.changes(this.#cursor ?? "latest", isNew ? 0 : WAIT, signal);
        this.channel.postMessage(JSON.stringify({ changes, nextCursor }));
        this.#receive(changes, nextCursor);
        if (isNew) this.onGap();
      } catch (fault) {
        if (signal.aborted) return;
        if (fault instanceof ApiError && BAD_CURSOR.has(fault.status)) this.#cursor = null;
        else if (!isTemporary(fault)) return;
        const seconds = fault instanceof ApiError ? (fault.retryAfter ?? PAUSE) : PAUSE;
        await this.api.pause(seconds, signal).catch(() => undefined);
      }
    }
  }

  /**
   * @param {Change[]} changes
   * @param {string} nextCursor
   */
  #receive(changes, nextCursor) {
    this.#cursor = nextCursor;
    if (changes.length > 0) this.onChanges(changes);
  }
}
