/** Deletes records some seconds after the user has asked for it, unless it is undone. */

import { faultText } from "../errors.js";

/** @typedef {{ids: string[], timer: ReturnType<typeof setTimeout>}} Pending */

export const UNDO_SECONDS = 6;
const AT_ONCE = 5; // requests

export class Deletions extends EventTarget {
  /** @type {Set<Pending>} */
  #pending = new Set();
  #running = 0;

  /**
   * @param {import("../api.js").Api} api
   * @param {import("./record_list.js").RecordList} list
   * @param {(text: string) => void} onFault
   */
  constructor(api, list, onFault) {
    super();
    this.api = api;
    this.list = list;
    this.onFault = onFault;
  }

  get isBusy() {
    return this.#pending.size + this.#running > 0;
  }

  /**
   * Hides the records now and deletes them soon.
   * @param {string[]} ids
   * @returns {() => void} undoes it
   */
  start(ids) {
    this.list.hide(ids);
    const pending = { ids, timer: setTimeout(() => void this.#send(pending), UNDO_SECONDS * 1000) };
    this.#pending.add(pending);
    return () => {
      if (!this.#pending.delete(pending)) return;
      clearTimeout(pending.timer);
      this.list.show(ids);
    };
  }

  /** The page is being closed: what can no longer be undone is sent. */
  flush() {
    for (const { ids, timer } of this.#pending) {
      clearTimeout(timer);
      for (const id of ids) void this.api.delete(id, true).catch(() => undefined);
    }
    this.#pending.clear();
  }

  /** @param {Pending} pending */
  async #send(pending) {
    this.#pending.delete(pending);
    this.#running += 1;
    const rest = [...pending.ids];
    const worker = async () => {
      for (let id = rest.shift(); id !== undefined; id = rest.shift()) await this.#delete(id);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    this.#running -= 1;
  }

  /** @param {string} id */
  async #delete(id) {
    try {
      await this.api.delete(id);
    } catch (fault) {
      this.list.show([id]);
      this.onFault(`A record was not deleted. ${faultText(fault)}`);
    }
  }
}
