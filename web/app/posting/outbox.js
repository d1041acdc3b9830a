/**
 * The records that were sent from the form and are not yet known to be stored. They survive a reload and a sign-in in
 * this tab, and go out again with the same Idempotency-Key: none is lost, none is stored twice.
 */

import { ApiError, faultText, isTemporary } from "../errors.js";
import { stored } from "../storage.js";

/**
 * @typedef {import("../api.js").Api} Api
 * @typedef {import("../errors.js").Problem} Problem
 * @typedef {{
 *   key: string, body: string, sentAt: number, state: "sending" | "accepted" | "stored" | "failed",
 *   id?: string, milliseconds?: number, reason?: string, problems?: Problem[]
 * }} Item
 */

const PAUSE = 0.2; // seconds between two waits for a record
const KEPT = 5; // items that are done and still shown

export class Outbox extends EventTarget {
  /** @type {Item[]} */
  items = [];

  /**
   * @param {Api} api
   * @param {string} user
   */
  constructor(api, user) {
    super();
    this.api = api;
    this.storage = stored(`outbox ${user}`);
    this.stop = new AbortController();
  }

  /** Whether something is not yet answered. */
  get isSending() {
    return this.items.some((item) => item.state === "sending");
  }

  /** Goes on with what a reload has interrupted. */
  resume() {
    this.items = /** @type {Item[]} */ (this.storage.read() ?? []);
    for (const item of this.items) if (item.state === "sending" || item.state === "accepted") void this.#deliver(item);
    this.#changed();
  }

  /**
   * @param {string} body JSON
   * @returns {Promise<Item>} when the API has answered
   */
  async send(body) {
    const item = /** @type {Item} */ ({ key: crypto.randomUUID(), body, sentAt: Date.now(), state: "sending" });
    const done = this.items.filter((other) => other.state === "stored").slice(KEPT - 1);
    this.items = [item, ...this.items.filter((other) => !done.includes(other))];
    this.#changed();
    await this.#accept(item);
    if (item.state === "accepted") void this.#confirm(item);
    return item;
  }

  /** @param {Item} item */
  dismiss(item) {
    this.items = this.items.filter((other) => other !== item);
    this.#changed();
  }

  /** @param {Item} item */
  async #deliver(item) {
    if (item.state === "sending") await this.#accept(item);
    if (item.state === "accepted") await this.#confirm(item);
  }

  /** @param {Item} item */
  async #accept(item) {
    try {
      const receipt = await this.api.post(item.body, item.key, this.stop.signal);
      Object.assign(item, { state: "accepted", id: receipt.id });
    } catch (fault) {
      if (this.stop.signal.aborted) return;
      const problems = fault instanceof ApiError ? fault.details : [];
      Object.assign(item, { state: "failed", reason: faultText(fault), problems });
    }
    this.#changed();
  }

  /** Waits until the record is stored, or a dead letter. @param {Item} item */
  async #confirm(item) {
    for (;;) {
      try {
        await this.api.get(/** @type {string} */ (item.id), 10, this.stop.signal);
        return this.markStored(/** @type {string} */ (item.id));
      } catch (fault) {
        if (this.stop.signal.aborted || item.state !== "accepted") return;
        const status = fault instanceof ApiError ? fault.status : 0;
        if (status === 404 || isTemporary(fault)) {
          await this.api.pause(PAUSE, this.stop.signal).catch(() => undefined);
          continue;
        }
        const reason = status === 403 ? `Accepted. ${faultText(fault)}` : faultText(fault);
        Object.assign(item, status === 403 ? { state: "stored", reason } : { state: "failed", reason });
        return this.#changed();
      }
    }
  }

  /** The record was read: by the wait, or in the feed, whichever is first. @param {string} id */
  markStored(id) {
    const item = this.items.find((other) => other.id === id && other.state === "accepted");
    if (!item) return;
    Object.assign(item, { state: "stored", milliseconds: Date.now() - item.sentAt });
    this.#changed();
  }

  #changed() {
    this.storage.write(this.items);
    this.dispatchEvent(new Event("change"));
  }
}
