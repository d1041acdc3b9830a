/** What the page has to say: banners for a state that lasts, toasts for what has just happened. */

import { announce, byId, h } from "../dom.js";

/** @typedef {{label: string, run: () => void}} Action */

/**
 * Shows a banner until it is taken away; one of the same name replaces it.
 * @param {string} name
 * @param {string | null} text null takes it away
 * @param {{kind?: "info" | "problem", action?: Action}} [options]
 */
export function banner(name, text, { kind = "problem", action } = {}) {
  const old = byId("notices").querySelector(`[data-name="${name}"]`);
  if (text === null) return old?.remove();
  const button = action && h("button", { type: "button", onclick: action.run }, action.label);
  const element = h("div", { class: `banner ${kind}`, "data-name": name }, h("p", {}, text), button);
  if (old?.textContent === element.textContent) return undefined;
  if (old) old.replaceWith(element);
  else byId("notices").append(element);
  return announce(text);
}

/**
 * @param {string} text
 * @param {{action?: Action, seconds?: number}} [options]
 */
export function toast(text, { action, seconds = 6 } = {}) {
  const close = () => element.remove();
  const button =
    action &&
    h(
      "button",
      {
        type: "button",
        onclick: () => {
          action.run();
          close();
        },
      },
      action.label,
    );
  const element = h("div", { class: "toast" }, h("p", {}, text), button);
  byId("toasts").append(element);
  announce(action ? `${text} ${action.label} is possible for ${seconds} seconds.` : text);
  setTimeout(close, seconds * 1000);
}
