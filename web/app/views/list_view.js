/** The list of records: it grows while the user scrolls, and by what arrives. */

import { announce, fill, h } from "../dom.js";
import { faultText } from "../errors.js";
import { UNDO_SECONDS } from "../records/deletions.js";
import { ListToolbar } from "./list_toolbar.js";
import { toast } from "./notices.js";
import { Rows } from "./rows.js";

/** @typedef {import("../records/record_list.js").RecordList} RecordList */

const AHEAD = 1200; // pixels: how far below the window the next page is read

export class ListView {
  /** @type {Set<string>} */
  #arrived = new Set();

  /**
   * @param {import("../api.js").Api} api
   * @param {RecordList} list
   * @param {import("../records/deletions.js").Deletions} deletions
   * @param {string[]} columns of a CSV file
   */
  constructor(api, list, deletions, columns) {
    this.list = list;
    this.deletions = deletions;
    this.rows = new Rows(() => this.toolbar.showSelection(this.rows.selected.size));
    this.toolbar = new ListToolbar(api, list, { columns, onDelete: () => this.#delete() });
    this.count = h("span", { class: "count" });
    this.end = h("div", { class: "end" });
    this.element = h(
      "section",
      { class: "list", "aria-labelledby": "list-title" },
      h(
        "div",
        { class: "list-head" },
        h("h1", { id: "list-title", tabindex: "-1" }, "Records ", this.count),
        this.toolbar.element,
      ),
      this.rows.element,
      this.end,
    );
    list.addEventListener("change", () => this.#show());
    new IntersectionObserver(() => this.#fill(), { rootMargin: `${AHEAD}px` }).observe(this.end);
    this.#show();
  }

  /** Says what has arrived, and marks it. @param {import("../api.js").Change[]} changes */
  apply(changes) {
    for (const change of changes) if (change.change === "stored") this.#arrived.add(change.id);
    const added = this.list.apply(changes);
    if (added > 0) announce(added === 1 ? "A new record has arrived." : `${added} new records have arrived.`);
    this.#arrived.clear();
  }

  /** Reads the next page if the end of the list is near the window: no event says so if it has stayed there. */
  #fill() {
    const { isLoading, isComplete, fault } = this.list;
    if (isLoading || isComplete || fault || this.element.offsetParent === null) return;
    if (this.end.getBoundingClientRect().top < innerHeight + AHEAD) void this.list.more();
  }

  #show() {
    const { visible, isLoading, isComplete, fault } = this.list;
    this.rows.show(visible, this.#arrived);
    requestAnimationFrame(() => this.#fill());
    this.count.textContent = visible.length > 0 ? `${visible.length.toLocaleString()}${isComplete ? "" : "+"}` : "";
    this.element.setAttribute("aria-busy", String(isLoading));
    const retry = h("button", { type: "button", onclick: () => void this.list.more() }, "Try again");
    if (fault) fill(this.end, h("p", { class: "problem" }, faultText(fault)), retry);
    else if (isLoading) fill(this.end, h("p", { class: "help" }, "Reading …"));
    else if (visible.length === 0 && isComplete) fill(this.end, empty(this.list));
    else fill(this.end, isComplete && h("p", { class: "help" }, "These are all."));
  }

  #delete() {
    const ids = [...this.rows.selected];
    this.rows.deselect(ids);
    this.remove(ids);
    this.element.querySelector("h1")?.focus();
  }

  /** Deletes records, with some seconds to undo. @param {string[]} ids */
  remove(ids) {
    const undo = this.deletions.start(ids);
    const text = ids.length === 1 ? "The record is deleted." : `${ids.length.toLocaleString()} records are deleted.`;
    toast(text, { action: { label: "Undo", run: undo }, seconds: UNDO_SECONDS });
  }
}

/** @param {RecordList} list */
function empty({ filter }) {
  const text =
    filter.since || filter.until
      ? "No record was created in this time. Change the filter to see others."
      : "You have no records yet. Post one: it appears here as soon as it is stored.";
  return h("p", { class: "empty" }, text);
}
