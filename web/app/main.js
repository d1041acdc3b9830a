/** Starts the page: reads its configuration, signs in, and shows what belongs to the session and to the address. */

import { Api } from "./api.js";
import { loadConfig, loadSchema, watchRelease } from "./config.js";
import { byId, fill, h } from "./dom.js";
import { faultText } from "./errors.js";
import { Session } from "./session/session.js";
import { showHeader } from "./views/header.js";
import { banner } from "./views/notices.js";
import { signInView } from "./views/sign_in_view.js";
import { Workspace } from "./workspace.js";

/** @typedef {import("./views/header.js").Me} Me */

class Page {
  /** @type {Workspace | null} */
  #workspace = null;
  /** @type {Me | null} */
  #me = null;
  /** @type {import("./reference/reference_view.js").ReferenceView | null} */
  #reference = null; // loaded when it is asked for
  /** @type {string | null} */
  #asked = null; // the token for which the API was asked for the roles

  /**
   * @param {import("./config.js").Config} config
   * @param {import("./config.js").Schema} schema
   */
  constructor(config, schema) {
    this.schema = schema;
    this.session = new Session(config, () => (this.#workspace?.isBusy || this.#reference?.isBusy) ?? false);
    this.api = new Api(this.session);
    this.session.addEventListener("change", () => this.#sessionChanged());
    this.api.addEventListener("trouble", () => this.#showTrouble());
    for (const name of ["online", "offline"]) window.addEventListener(name, () => this.#showTrouble());
    window.addEventListener("hashchange", () => this.#route());
    document.addEventListener("click", closeMenus);
    document.querySelector(".skip")?.addEventListener("click", skipToContent);
    watchRelease(() => {
      const action = { label: "Reload", run: () => location.reload() };
      banner("release", "A newer version of this page is available. Reload when it suits you.", {
        kind: "info",
        action,
      });
    });
  }

  async start() {
    await this.session.start();
    this.#sessionChanged();
    this.#showTrouble();
    await this.#showReference();
  }

  #sessionChanged() {
    const { state, user } = this.session;
    const action = { label: "Sign in", run: () => this.session.signIn() };
    const text = "Your sign-in has expired. Sign in again: what you have typed and sent waits here.";
    banner("expired", state === "expired" ? text : null, { action });
    if (state === "signed-out") this.#leaveWorkspace();
    if (state === "signed-in" && this.#workspace?.user !== user) this.#enterWorkspace(user);
    if (state === "signed-in" && this.#asked !== this.session.token) void this.#askRoles(user);
    showHeader(byId("header"), this.session, this.#me);
  }

  /** @param {string} user */
  #enterWorkspace(user) {
    this.#workspace?.stop();
    this.#workspace = new Workspace(this.api, this.schema, user);
    fill(byId("content"), this.#workspace.element);
    this.#workspace.start(location.hash);
    this.#me = null;
  }

  #leaveWorkspace() {
    this.#workspace?.stop();
    this.#workspace = null;
    this.#me = null;
    for (const name of ["roles", "trouble"]) banner(name, null);
    fill(byId("content"), signInView(this.session));
  }

  /** @param {string} user */
  async #askRoles(user) {
    this.#asked = this.session.token;
    try {
      const me = await this.api.me();
      if (this.session.user !== user) return; // signed out meanwhile
      this.#me = me;
      const missing = ["data.read", "data.write"].filter((role) => !me.roles.includes(role));
      const ask = `You lack the role ${missing.join(" and ")}. Ask the operator of this API to grant it to you.`;
      banner("roles", missing.length > 0 ? ask : null, { kind: "info" });
    } catch (fault) {
      banner("roles", faultText(fault));
    }
    showHeader(byId("header"), this.session, this.#me);
  }

  #showTrouble() {
    const { trouble } = this.api;
    if (!navigator.onLine) banner("trouble", faultText(null));
    else banner("trouble", trouble && this.#workspace ? faultText(trouble.fault, trouble.seconds) : null);
  }

  #route() {
    this.#workspace?.show(location.hash);
    void this.#showReference();
    const title = document.querySelector("#content .record h1") ?? document.querySelector("#content h1");
    /** @type {HTMLElement | null} */ (title)?.focus();
  }

  /** Shows the reference in place of all other content if the address asks for it. */
  async #showReference() {
    const asked = /^#\/reference(?:\/(\w+))?$/.exec(location.hash);
    byId("content").hidden = asked !== null;
    byId("reference").hidden = asked === null;
    if (!asked) return;
    document.title = "API reference – Data API";
    const { ReferenceView } = await import("./reference/reference_view.js");
    this.#reference ??= new ReferenceView(byId("reference"), this.session);
    await this.#reference.show(asked[1] ?? "");
  }
}

/** Without a change of the address, which names what is shown. @param {Event} event */
function skipToContent(event) {
  event.preventDefault();
  byId("main").focus();
}

/** A click elsewhere closes the open menus. @param {MouseEvent} event */
function closeMenus(event) {
  for (const menu of /** @type {NodeListOf<HTMLDetailsElement>} */ (
    document.querySelectorAll("details.popup, details.account")
  ))
    if (!menu.contains(/** @type {Node} */ (event.target))) menu.open = false;
}

try {
  const [config, schema] = await Promise.all([loadConfig(), loadSchema()]);
  await new Page(config, schema).start();
} catch (error) {
  const reload = h("button", { type: "button", onclick: () => location.reload() }, "Reload");
  const text = `The page could not start: ${/** @type {Error} */ (error).message} Reload it in a moment.`;
  fill(
    byId("content"),
    h("section", { class: "card welcome" }, h("p", { class: "problem", role: "alert" }, text), reload),
  );
}
