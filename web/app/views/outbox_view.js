/** What became of each record that was sent from the form: accepted, stored after so many ms, or not stored and why. */

import { announce, fill, h } from "../dom.js";

/**
 * @typedef {import("../posting/outbox.js").Outbox} Outbox
 * @typedef {import("../posting/outbox.js").Item} Item
 */

/**
 * @param {Outbox} outbox
 * @returns {HTMLElement}
 */
export function outboxView(outbox) {
  const list = h("ul", { class: "outbox", "aria-label": "Sent from here" });
  /** @type {Map<string, string>} */
  const said = new Map();
  const show = () => {
    for (const item of outbox.items) {
      const text = stateText(item);
      if (said.get(item.key) !== text && item.state !== "sending") announce(text);
      said.set(item.key, text);
    }
    list.hidden = outbox.items.length === 0;
    fill(list, ...outbox.items.map((item) => row(outbox, item)));
  };
  outbox.addEventListener("change", show);
  show();
  return list;
}

/**
 * @param {Outbox} outbox
 * @param {Item} item
 */
function row(outbox, item) {
  const isDone = item.state === "stored" || item.state === "failed";
  const link = item.id && item.state === "stored" && h("a", { href: `#/records/${item.id}` }, "Open");
  const dismiss = h(
    "button",
    { type: "button", class: "quiet", "aria-label": "Dismiss", onclick: () => outbox.dismiss(item) },
    "✕",
  );
  return h(
    "li",
    { class: `sent ${item.state}`, "data-state": item.state },
    h("span", { class: "dot", "aria-hidden": "true" }),
    h("span", { class: "state" }, stateText(item)),
    h("bdi", { class: "body" }, item.body.slice(0, 200)),
    link,
    isDone && dismiss,
  );
}

/** @param {Item} item */
function stateText({ state, milliseconds, reason }) {
  if (state === "sending") return "Sending …";
  if (state === "accepted") return "Accepted";
  if (state === "stored") return reason ?? `Stored after ${Math.round(milliseconds ?? 0).toLocaleString()} ms`;
  return `Not stored. ${reason ?? ""}`;
}
