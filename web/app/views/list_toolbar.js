/** What is above the list: its filter, the downloads, and the deletion of what is selected. */

import { announce, fill, h } from "../dom.js";
import { faultText } from "../errors.js";
import { download } from "../records/download.js";
import { utcOf } from "../times.js";
import { toast } from "./notices.js";

/** @typedef {import("../records/download.js").Format} Format */

export class ListToolbar {
  /** @type {AbortController | null} */
  #download = null;

  /**
   * @param {import("../api.js").Api} api
   * @param {import("../records/record_list.js").RecordList} list
   * @param {{columns: string[], onDelete: () => void}} options
   */
  constructor(api, list, { columns, onDelete }) {
    Object.assign(this, { api, list, columns });
    this.api = api;
    this.list = list;
    this.columns = columns;
    this.since = h("input", { type: "datetime-local", id: "since", step: "1" });
    this.until = h("input", { type: "datetime-local", id: "until", step: "1" });
    this.order = h(
      "select",
      { id: "order" },
      h("option", { value: "desc" }, "Newest first"),
      h("option", { value: "asc" }, "Oldest first"),
    );
    for (const control of [this.since, this.until, this.order])
      control.addEventListener("change", () => void this.#apply());
    this.remove = h("button", { type: "button", class: "danger", hidden: true, onclick: onDelete }, "Delete");
    this.progress = h("span", { class: "help" });
    this.element = h(
      "div",
      { class: "toolbar" },
      this.remove,
      this.progress,
      this.order,
      h("label", { class: "visually-hidden", for: "order" }, "Order"),
      this.#menu(
        "Filter",
        h("label", { for: "since" }, "Since"),
        this.since,
        h("label", { for: "until" }, "Until"),
        this.until,
        this.#clearButton(),
      ),
      this.#menu("Download", this.#downloadButton("ndjson", "As NDJSON"), this.#downloadButton("csv", "As CSV")),
    );
  }

  /** @param {number} count */
  showSelection(count) {
    this.remove.hidden = count === 0;
    this.remove.textContent = `Delete ${count.toLocaleString()}`;
  }

  get isBusy() {
    return this.#download !== null;
  }

  /**
   * @param {string} title
   * @param {...HTMLElement} children
   */
  #menu(title, ...children) {
    const menu = h("details", { class: "popup" }, h("summary", {}, title), h("div", { class: "menu" }, ...children));
    menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      menu.open = false;
      menu.querySelector("summary")?.focus();
    });
    menu.addEventListener("click", (event) => {
      if (event.target instanceof HTMLButtonElement) menu.open = false;
    });
    return menu;
  }

  #clearButton() {
    const clear = () => {
      this.since.value = "";
      this.until.value = "";
      void this.#apply();
    };
    return h("button", { type: "button", onclick: clear }, "Clear");
  }

  async #apply() {
    const order = this.order.value === "asc" ? "asc" : "desc";
    await this.list.reload({ since: utcOf(this.since.value), until: utcOf(this.until.value), order });
    announce(`${this.list.visible.length} records are shown.`);
  }

  /**
   * @param {Format} format
   * @param {string} label
   */
  #downloadButton(format, label) {
    return h("button", { type: "button", onclick: () => void this.#run(format) }, label);
  }

  /** @param {Format} format */
  async #run(format) {
    this.#download?.abort();
    const control = new AbortController();
    this.#download = control;
    const cancel = h("button", { type: "button", class: "quiet", onclick: () => control.abort() }, "Cancel");
    const onProgress = (/** @type {number} */ count) =>
      fill(this.progress, `${count.toLocaleString()} records read … `, cancel);
    onProgress(0);
    try {
      const { columns, list } = this;
      const count = await download(this.api, list.filter, { format, columns, signal: control.signal, onProgress });
      toast(`${count.toLocaleString()} records were downloaded.`);
    } catch (fault) {
      toast(control.signal.aborted ? "The download was cancelled." : `The download failed. ${faultText(fault)}`);
    }
    if (this.#download === control) this.#download = null;
    fill(this.progress);
  }
}
