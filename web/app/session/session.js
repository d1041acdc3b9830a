/**
 * Who is signed in. The token lives in this module's memory only; other tabs of the same origin are asked for theirs
 * before the user is. It is renewed before it expires, when nothing would be lost by leaving the page for a moment.
 */

import { IdentityPlatform } from "./identity_platform.js";
import { authorizationAddress, failureText, lifetimeOf, takeAnswer } from "./openid.js";

/**
 * @typedef {import("./openid.js").Identity} Identity
 * @typedef {"signed-out" | "signed-in" | "expired"} State
 */

const HINT = "signed-in"; // sessionStorage: this tab was signed in, and as whom; no token
const EARLY = 5 * 60_000; // milliseconds before the expiry; half of the lifetime if that is shorter
const LOOK = 5_000; // milliseconds between looks at the clock: a laptop that slept has missed its timers
const ASK_TABS = 150; // milliseconds that other tabs have to answer

export class Session extends EventTarget {
  /** @type {Identity | null} */
  #identity = null;
  /** @type {State} */
  state = "signed-out";
  /** @type {string | null} */
  error = null; // of the last attempt to sign in
  #channel = new BroadcastChannel("session");
  #isRenewing = false;

  /**
   * @param {import("../config.js").Config} config
   * @param {() => boolean} isBusy whether leaving the page would lose work, or disturb typing
   */
  constructor(config, isBusy) {
    super();
    this.config = config;
    this.isBusy = isBusy;
    this.platform = config.identityPlatform ? new IdentityPlatform(config.identityPlatform.apiKey) : null;
    this.#channel.addEventListener("message", ({ data }) => this.#hear(data));
    setInterval(() => this.#look(), LOOK);
    document.addEventListener("visibilitychange", () => this.#look());
  }

  get token() {
    return this.#identity?.token ?? null;
  }

  get claims() {
    return this.#identity?.claims ?? null;
  }

  /** Names the user in storage keys. */
  get user() {
    return this.claims ? `${this.claims.iss} ${this.claims.sub}` : "";
  }

  /** Signs in without a question if that is possible: by an answer in the address, another tab, or `prompt=none`. */
  async start() {
    const answer = takeAnswer();
    if (answer?.identity) return await this.#exchangeAndTake(answer.identity);
    if (answer?.error && !answer.isSilent) this.error = failureText(answer.error);
    if (answer) sessionStorage.removeItem(HINT);
    const shared = await this.#askTabs();
    if (shared) return this.#take(shared);
    if (sessionStorage.getItem(HINT) !== null && this.config.signIn) return await this.#leave(true);
    return this.#change("signed-out");
  }

  /** Goes to the sign-in page. If leaving would lose work, it opens in a new tab, which hands the token over. */
  signIn() {
    if (!this.config.signIn) return;
    if (this.isBusy()) window.open(`${location.origin}/#/sign-in`, "_blank", "noopener");
    else void this.#leave(false);
  }

  signOut() {
    this.#channel.postMessage({ kind: "sign-out" });
    this.#forget();
  }

  /** The API said that the token is not valid. @param {string} token */
  reject(token) {
    if (token !== this.token) return;
    this.#change("expired");
  }

  /**
   * Waits until there is a token that has not expired.
   * @param {AbortSignal} [signal]
   * @returns {Promise<string>}
   */
  async freshToken(signal) {
    this.#look();
    while (this.state !== "signed-in" || !this.token) {
      await new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
        this.addEventListener("change", resolve, { once: true });
      });
    }
    return this.token;
  }

  #look() {
    if (!this.#identity || this.state === "signed-out") return;
    const { claims, expiresAt } = this.#identity;
    const left = expiresAt - Date.now();
    if (left <= 0) this.#change("expired");
    if (left <= Math.min(EARLY, lifetimeOf(claims) / 2) && !this.#isRenewing) void this.#renew();
  }

  async #renew() {
    if (this.platform?.canRenew) {
      this.#isRenewing = true;
      const identity = await this.platform.renew().catch(() => null); // then it is tried again at the next look
      this.#isRenewing = false;
      if (identity) this.#take(identity);
    } else if (this.config.signIn && navigator.onLine && !document.hidden && !this.isBusy()) await this.#leave(true);
  }

  /** @param {boolean} isSilent */
  async #leave(isSilent) {
    const route = location.hash === "#/sign-in" ? "" : location.hash;
    const hint = sessionStorage.getItem(HINT);
    dispatchEvent(new Event("leaving"));
    const signIn = /** @type {import("../config.js").SignIn} */ (this.config.signIn);
    location.assign(authorizationAddress(signIn, { route, isSilent, hint }));
    await new Promise(() => undefined); // the page is about to go
  }

  /** @param {Identity} identity */
  async #exchangeAndTake(identity) {
    try {
      this.#take(this.platform ? await this.platform.exchange(identity.token) : identity);
    } catch (error) {
      this.error = /** @type {Error} */ (error).message;
      this.#change("signed-out");
    }
  }

  /** @param {Identity} identity */
  #take(identity) {
    this.#identity = identity;
    this.error = null;
    sessionStorage.setItem(HINT, identity.claims.email ?? "");
    this.#channel.postMessage({ kind: "token", identity });
    this.#change("signed-in");
  }

  #forget() {
    this.#identity = null;
    this.platform?.forget();
    sessionStorage.clear();
    this.#change("signed-out");
  }

  /** @param {State} state */
  #change(state) {
    if (state === this.state && state !== "signed-in") return;
    this.state = state;
    this.dispatchEvent(new Event("change"));
  }

  /** @param {{kind: string, identity?: Identity}} message */
  #hear({ kind, identity }) {
    if (kind === "sign-out" && this.state !== "signed-out") this.#forget();
    if (kind === "ask" && this.state === "signed-in")
      this.#channel.postMessage({ kind: "token", identity: this.#identity });
    if (kind === "token" && identity && isNewer(identity, this.#identity)) {
      this.#identity = identity;
      this.#change("signed-in");
    }
  }

  /** @returns {Promise<Identity | null>} */
  #askTabs() {
    return new Promise((resolve) => {
      const heard = /** @param {MessageEvent} event */ ({ data }) => {
        if (data.kind === "token") resolve(data.identity);
      };
      this.#channel.addEventListener("message", heard);
      this.#channel.postMessage({ kind: "ask" });
      setTimeout(() => {
        this.#channel.removeEventListener("message", heard);
        resolve(null);
      }, ASK_TABS);
    });
  }
}

/**
 * @param {Identity} identity
 * @param {Identity | null} held
 */
function isNewer(identity, held) {
  return held !== null && identity.claims.sub === held.claims.sub && identity.expiresAt > held.expiresAt;
}
