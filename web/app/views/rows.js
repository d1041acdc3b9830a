/**
 * The rows of the list. A row is made once for each record, and moved or removed as the list changes. Rows are in groups,
 * and the browser lays out only groups near the window: what it does while somebody scrolls does not grow with the list.
 */

import { h } from "../dom.js";
import { timeOf } from "../times.js";

/** @typedef {import("../api.js").StoredRecord} StoredRecord */

const GROUP = 25; // rows; more if one arrives out of order
const FIELDS = 4; // fields of a record that a row shows
const LONGEST = 300; // characters of a value that a row shows

export class Rows {
  /** @type {Map<string, HTMLElement>} */
  #rows = new Map();
  /** @type {Set<string>} */
  selected = new Set();

  /** @param {() => void} onSelect */
  constructor(onSelect) {
    this.onSelect = onSelect;
    this.element = h("div", { class: "rows", role: "list", "aria-label": "Records" });
  }

  /**
   * @param {StoredRecord[]} records in the order of the rows
   * @param {Set<string>} arrived the ids of those that have just arrived
   */
  show(records, arrived) {
    const ids = new Set(records.map((record) => record.id));
    for (const [id, row] of this.#rows) if (!ids.has(id)) this.#drop(id, row);
    let next = this.element.firstElementChild?.firstElementChild ?? null;
    for (const record of records) {
      const row = this.#rows.get(record.id) ?? this.#make(record, arrived.has(record.id));
      if (row === next) next = following(row);
      else this.#insert(row, next);
    }
  }

  /**
   * Puts a row in its place. No other row is moved, since that would take the focus from it.
   * @param {HTMLElement} row
   * @param {Element | null} next
   */
  #insert(row, next) {
    const group = next?.parentElement ?? null;
    const before = group ? group.previousElementSibling : this.element.lastElementChild;
    if (group && (next !== group.firstElementChild || hasRoom(group))) group.insertBefore(row, next);
    else if (before && hasRoom(before)) before.append(row);
    else this.element.insertBefore(h("div", { class: "group" }, row), group);
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
   * @param {HTMLElement} row
   */
  #drop(id, row) {
    const group = row.parentElement;
    row.remove();
    if (group?.childElementCount === 0) group.remove();
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
      "div",
      { class: isArrival ? "row arrived" : "row", role: "listitem", "data-id": id },
      h("label", { class: "pick" }, h("input", { type: "checkbox", "aria-label": `Select ${id}`, onchange: toggle })),
      h("a", { href: `#/records/${id}` }, h("span", { class: "fields" }, ...fields(data)), timeOf(createdAt)),
    );
    this.#rows.set(id, row);
    return row;
  }
}

/** @param {Element} group */
function hasRoom(group) {
  return group.childElementCount < GROUP;
}

/** The row after this one, maybe in the next group. @param {Element} row */
function following(row) {
  return row.nextElementSibling ?? row.parentElement?.nextElementSibling?.firstElementChild ?? null;
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
