/** The rows of the list. A row is made once for each record, and moved or removed as the list changes. */

import { h } from "../dom.js";
import { timeOf } from "../times.js";

/** @typedef {import("../api.js").StoredRecord} StoredRecord */

const FIELDS = 4; // fields of a record that a row shows
const LONGEST = 300; // characters of a value that a row shows

export class Rows {
  /** @type {Map<string, HTMLLIElement>} */
  #rows = new Map();
  /** @type {Set<string>} */
  selected = new Set();

  /** @param {() => void} onSelect */
  constructor(onSelect) {
    this.onSelect = onSelect;
    this.element = h("ul", { class: "rows", "aria-label": "Records" });
  }

  /**
   * @param {StoredRecord[]} records in the order of the rows
   * @param {Set<string>} arrived the ids of those that have just arrived
   */
  show(records, arrived) {
    const ids = new Set(records.map((record) => record.id));
    for (const [id, row] of this.#rows) if (!ids.has(id)) this.#drop(id, row);
    let next = this.element.firstElementChild;
    for (const record of records) {
      const row = this.#rows.get(record.id) ?? this.#make(record, arrived.has(record.id));
      if (row === next) next = next.nextElementSibling;
      else this.element.insertBefore(row, next);
    }
  }

  /** @param {string[]} ids */
  deselect(ids) {
    for (const id of ids) {
      this.selected.delete(id);
      const box = this.#rows.get(id)?.querySelector("input");
      if (box) box.checked = false;
    }
    this.onSelect();
  }

  /**
   * @param {string} id
   * @param {HTMLLIElement} row
   */
  #drop(id, row) {
    row.remove();
    this.#rows.delete(id);
    if (this.selected.delete(id)) this.onSelect();
  }

  /**
   * @param {StoredRecord} record
   * @param {boolean} isArrival
   */
  #make({ id, createdAt, data }, isArrival) {
    const toggle = (/** @type {Event} */ event) => {
      if (/** @type {HTMLInputElement} */ (event.target).checked) this.selected.add(id);
      else this.selected.delete(id);
      this.onSelect();
    };
    const row = h(
      "li",
      { class: isArrival ? "row arrived" : "row", "data-id": id },
      h("label", { class: "pick" }, h("input", { type: "checkbox", "aria-label": `Select ${id}`, onchange: toggle })),
      h("a", { href: `#/records/${id}` }, h("span", { class: "fields" }, ...fields(data)), timeOf(createdAt)),
    );
    this.#rows.set(id, row);
    return row;
  }
}

/** @param {Record<string, unknown>} data */
function fields(data) {
  const entries = Object.entries(data);
  const shown = entries
    .slice(0, FIELDS)
    .map(([name, value]) =>
      h(
        "span",
        { class: "pair" },
        h("bdi", { class: "key" }, name.slice(0, LONGEST)),
        " ",
        h("bdi", { class: "value" }, (typeof value === "string" ? value : JSON.stringify(value)).slice(0, LONGEST)),
      ),
    );
  const more = entries.length - shown.length;
  return more > 0 ? [...shown, h("span", { class: "pair key" }, `and ${more} more`)] : shown;
}
