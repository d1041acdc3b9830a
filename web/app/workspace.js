/** What a signed-in user works with: the composer, the list that follows the feed, and one record. */

import { announce, fill, h } from "./dom.js";
import { Outbox } from "./posting/outbox.js";
import { Deletions } from "./records/deletions.js";
import { Feed } from "./records/feed.js";
import { RecordList } from "./records/record_list.js";
import { Composer } from "./views/composer.js";
import { ListView } from "./views/list_view.js";
import { toast } from "./views/notices.js";
import { recordView } from "./views/record_view.js";

const TYPING = 5_000; // milliseconds after the last key in which the page is not left

/**
 * @typedef {import("./api.js").Api} Api
 * @typedef {import("./api.js").Change} Change
 */

export class Workspace {
  #lastInput = -Infinity;
  #view = new AbortController();
  #scroll = 0;

  /**
   * @param {Api} api
   * @param {import("./posting/schema.js").Schema} schema
   * @param {string} user
   */
  constructor(api, schema, user) {
    this.api = api;
    this.user = user;
    this.outbox = new Outbox(api, user);
    this.list = new RecordList(api);
    this.deletions = new Deletions(api, this.list, toast);
    const columns = Object.keys(schema.properties ?? {});
    this.listView = new ListView(api, this.list, this.deletions, columns);
    this.composer = new Composer(api, this.outbox, schema, user);
    this.feed = new Feed(
      api,
      user,
      (changes) => this.#apply(changes),
      () => void this.list.refresh(),
    );
    this.home = h("div", { class: "home" }, this.composer.element, this.listView.element);
    this.element = h("div", { class: "workspace" }, this.home);
    this.element.addEventListener("input", () => {
      this.#lastInput = performance.now();
    });
    window.addEventListener("pagehide", this.#flush);
  }

  /** Whether leaving the page now would lose work, or disturb typing. */
  get isBusy() {
    const isTyping = performance.now() - this.#lastInput < TYPING;
    const isDownloading = this.listView.toolbar.isBusy;
    return isTyping || isDownloading || this.composer.upload.isBusy || this.deletions.isBusy || this.outbox.isSending;
  }

  /** @param {string} route the fragment of the address */
  start(route) {
    this.outbox.resume();
    this.show(route);
    void this.list.reload();
    this.feed.start();
  }

  /** Ends all requests of this user. */
  stop() {
    this.#view.abort();
    this.outbox.stop.abort();
    this.feed.stop();
    window.removeEventListener("pagehide", this.#flush);
  }

  /** @param {string} route */
  show(route) {
    this.#view.abort();
    this.#view = new AbortController();
    const id = /^#\/records\/([^/]+)$/.exec(route)?.[1];
    if (!this.home.hidden) this.#scroll = scrollY;
    this.home.hidden = id !== undefined;
    if (id === undefined) {
      fill(this.element, this.home);
      scrollTo(0, this.#scroll);
    } else {
      const remove = (/** @type {string} */ deleted) => {
        this.listView.remove([deleted]);
        location.hash = "#/";
      };
      fill(this.element, this.home, recordView(this.api, id, remove, this.#view.signal));
      scrollTo(0, 0);
    }
    document.title = id === undefined ? "Data API" : `Record ${id.slice(0, 8)} – Data API`;
  }

  /** @param {Change[]} changes */
  #apply(changes) {
    for (const { id, change } of changes) if (change === "stored") this.outbox.markStored(id);
    this.listView.apply(changes);
    const open = this.element.querySelector(".record code")?.textContent;
    if (changes.some(({ id, change }) => change === "deleted" && id === open)) announce("This record was deleted.");
  }

  #flush = () => {
    this.composer.save();
    this.deletions.flush();
  };
}
