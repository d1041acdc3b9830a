/** Identity Platform over REST: exchanges Google's token for one with custom claims, and renews that one in silence. */

import { claimsOf, identityOf } from "./openid.js";

/** @typedef {import("./openid.js").Identity} Identity */

const IDENTITY = "https://identitytoolkit.googleapis.com/v1/accounts:signInWithIdp";
const TOKEN = "https://securetoken.googleapis.com/v1/token";
const REJECTED = new Set([400, 401, 403]); // the same refresh token will not do later either

export class IdentityPlatform {
  /** @type {string | null} */
  #refreshToken = null; // in memory only, like the token

  /** @param {string} apiKey */
  constructor(apiKey) {
    this.apiKey = apiKey;
  }

  get canRenew() {
    return this.#refreshToken !== null;
  }

  /**
   * @param {string} googleToken
   * @returns {Promise<Identity>}
   * @throws {Error} if Identity Platform does not accept the token
   */
  async exchange(googleToken) {
    const body = new URLSearchParams({ id_token: googleToken, providerId: "google.com" });
    const answer = await this.#post(IDENTITY, {
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ postBody: body.toString(), requestUri: location.origin, returnSecureToken: true }),
    });
    return this.#taken(answer.idToken, answer.refreshToken);
  }

  /**
   * @returns {Promise<Identity>}
   * @throws {Error} if there is no new token; after a rejection `canRenew` is false
   */
  async renew() {
    const held = this.#refreshToken ?? "";
    const body = new URLSearchParams({ grant_type: "refresh_token", refresh_token: held });
    const answer = await this.#post(TOKEN, { body });
    if (this.#refreshToken !== held) throw new Error("The user has signed out meanwhile.");
    return this.#taken(answer.id_token, answer.refresh_token);
  }

  forget() {
    this.#refreshToken = null;
  }

  /**
   * @param {string} address
   * @param {RequestInit} init
   */
  async #post(address, init) {
    const answer = await fetch(`${address}?key=${encodeURIComponent(this.apiKey)}`, { method: "POST", ...init });
    const said = await answer.json();
    if (REJECTED.has(answer.status)) this.#refreshToken = null;
    if (!answer.ok) throw new Error(`Identity Platform did not sign you in: ${said.error?.message ?? answer.status}.`);
    return said;
  }

  /**
   * @param {string} token
   * @param {string} refreshToken
   * @returns {Identity}
   */
  #taken(token, refreshToken) {
    const claims = claimsOf(token);
    if (!claims) throw new Error("Identity Platform answered without a token.");
    this.#refreshToken = refreshToken;
    return identityOf(token, claims);
  }
}
