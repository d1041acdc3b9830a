/** One record: its fields, its JSON, its times, and ways to take it along. */

import { fill, h } from "../dom.js";
import { ApiError, faultText } from "../errors.js";
import { fullTimeOf } from "../times.js";
import { toast } from "./notices.js";

/**
 * @typedef {import("../api.js").Api} Api
 * @typedef {import("../api.js").StoredRecord} StoredRecord
 */

const WAIT = 5; // seconds for a record that is under way

/**
 * @param {Api} api
 * @param {string} id
 * @param {(id: string) => void} onDelete
 * @param {AbortSignal} signal
 * @returns {HTMLElement}
 */
export function recordView(api, id, onDelete, signal) {
  const content = h("div", {}, h("p", { class: "help" }, "Reading …"));
  const back = h("a", { class: "back", href: "#/" }, "← All records");
  const title = h("h1", { tabindex: "-1" }, "Record ", h("code", {}, id));
  void load(api, id, signal)
    .then((record) => fill(content, ...details(record, onDelete)))
    .catch((fault) => signal.aborted || fill(content, h("p", { class: "problem", role: "alert" }, absence(fault))));
  return h("section", { class: "record card" }, back, title, content);
}

/**
 * @param {Api} api
 * @param {string} id
 * @param {AbortSignal} signal
 */
async function load(api, id, signal) {
  if (!/^[0-9a-f]{32}$/.test(id)) throw new ApiError(404, { code: 404, message: "" }, null);
  return await api.get(id, WAIT, signal);
}

/** @param {unknown} fault */
function absence(fault) {
  if (fault instanceof ApiError && fault.status === 404)
    return "You have no record with this id. It may be deleted, or belong to somebody else.";
  if (fault instanceof ApiError && fault.status === 410) return `This record was not stored. ${fault.message}`;
  return faultText(fault);
}

/**
 * @param {StoredRecord} record
 * @param {(id: string) => void} onDelete
 */
function details(record, onDelete) {
  const json = JSON.stringify(record.data, null, 2);
  const fields = Object.entries(record.data).flatMap(([name, value]) => [
    h("dt", {}, h("bdi", {}, name)),
    h("dd", {}, h("bdi", { class: "value" }, typeof value === "string" ? value : JSON.stringify(value, null, 2))),
  ]);
  return [
    h(
      "div",
      { class: "buttons" },
      copyButton("Copy JSON", json),
      copyButton("Copy as curl", curl(record.id)),
      copyButton("Copy link", location.href),
      h("button", { type: "button", class: "danger", onclick: () => onDelete(record.id) }, "Delete"),
    ),
    h("dl", { class: "fields" }, ...fields),
    h(
      "dl",
      { class: "meta" },
      h("dt", {}, "Created, local time"),
      h("dd", {}, fullTimeOf(record.createdAt)),
      h("dt", {}, "Created, UTC"),
      h("dd", {}, h("code", {}, record.createdAt)),
    ),
    h("h2", {}, "JSON"),
    h("pre", { class: "code", tabindex: "0", "aria-label": "The record as JSON" }, json),
  ];
}

/** @param {string} id */
function curl(id) {
  return `curl ${location.origin}/data/${id} -H "authorization: Bearer $TOKEN"`;
}

/**
 * @param {string} label
 * @param {string} text
 */
function copyButton(label, text) {
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => toast("Copied.", { seconds: 2 }),
      () => toast("The browser does not allow copying here. Select the text and copy it."),
    );
  return h("button", { type: "button", onclick: () => void copy() }, label);
}
