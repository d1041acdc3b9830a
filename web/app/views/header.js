/** The head of the page: its name, who is signed in, and what the roles allow. */

import { fill, h } from "../dom.js";

/**
 * @typedef {{roles: string[], email?: string}} Me
 */

const MEANING = { "data.read": "read your records", "data.write": "post and delete records" };

/**
 * @param {HTMLElement} element
 * @param {import("../session/session.js").Session} session
 * @param {Me | null} me
 */
export function showHeader(element, session, me) {
  const brand = h("a", { class: "brand", href: "#/" }, h("span", { class: "mark", "aria-hidden": "true" }), "Data API");
  const reference = h("a", { class: "to-reference", href: "#/reference" }, "API reference");
  fill(element, brand, reference, session.state === "signed-out" ? null : account(session, me));
}

/**
 * @param {import("../session/session.js").Session} session
 * @param {Me | null} me
 */
function account(session, me) {
  const name = me?.email ?? session.claims?.email ?? session.claims?.sub ?? "";
  const roles = Object.entries(MEANING).map(([role, meaning]) => {
    const has = me?.roles.includes(role) ?? false;
    const text = has ? `You may ${meaning}.` : `Missing: you may not ${meaning}. Ask the operator for it.`;
    return h("li", { class: has ? "role" : "role missing" }, h("code", {}, role), " ", text);
  });
  return h(
    "details",
    { class: "account" },
    h(
      "summary",
      { "aria-label": `Account of ${name}` },
      h("span", { class: "avatar", "aria-hidden": "true" }, [...name][0]?.toUpperCase() ?? "?"),
      h("bdi", { class: "name" }, name),
    ),
    h(
      "div",
      { class: "menu" },
      h("p", {}, "Signed in as ", h("bdi", { class: "strong" }, name)),
      h("h2", {}, "Your roles"),
      me ? h("ul", {}, ...roles) : h("p", {}, "Asking the API …"),
      h("button", { type: "button", onclick: () => session.signOut() }, "Sign out"),
    ),
  );
}
