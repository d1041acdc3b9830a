/** What a person sees who is not signed in. */

import { h } from "../dom.js";

/** @param {import("../session/session.js").Session} session */
export function signInView(session) {
  const { signIn } = session.config;
  const isGoogle = signIn?.authorizationEndpoint.startsWith("https://accounts.google.com/") ?? false;
  const button = h(
    "button",
    { type: "button", class: "primary large", onclick: () => session.signIn() },
    isGoogle ? "Sign in with Google" : "Sign in",
  );
  return h(
    "section",
    { class: "welcome card" },
    h("span", { class: "mark large", "aria-hidden": "true" }),
    h("h1", { tabindex: "-1" }, "Your records, and only yours"),
    h("p", {}, "Post JSON records, watch them arrive, read them back and delete them. Sign in to begin."),
    session.error && h("p", { class: "problem", role: "alert" }, session.error),
    signIn
      ? button
      : h("p", { class: "problem" }, "Sign-in is not set up here. Ask the operator to set data-api:oauthClientId."),
  );
}
