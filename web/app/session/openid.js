/** The OpenID implicit flow: the address to sign in at, and the token that comes back in the fragment. */

/**
 * @typedef {{sub: string, iss: string, exp: number, iat?: number, email?: string, nonce?: string}} Claims
 * @typedef {{token: string, claims: Claims, expiresAt: number}} Identity expiresAt: milliseconds of this machine's clock
 * @typedef {{state: string, nonce: string, route: string, isSilent: boolean}} Attempt
 */

const ATTEMPT = "sign-in"; // the key in sessionStorage of the attempt that is under way
const HOUR = 3600; // seconds that tokens live whose claims do not say it

/**
 * The address to go to. It remembers the attempt, so that only its own answer is taken.
 * @param {import("../config.js").SignIn} signIn
 * @param {{route: string, isSilent: boolean, hint: string | null}} options
 * @returns {string}
 */
export function authorizationAddress(signIn, { route, isSilent, hint }) {
  const attempt = { state: random(), nonce: random(), route, isSilent };
  sessionStorage.setItem(ATTEMPT, JSON.stringify(attempt));
  const address = new URL(signIn.authorizationEndpoint, location.origin);
  const parameters = {
    response_type: "id_token",
    client_id: signIn.clientId,
    redirect_uri: `${location.origin}/`,
    scope: "openid email",
    state: attempt.state,
    nonce: attempt.nonce,
    ...(isSilent ? { prompt: "none" } : { prompt: "select_account" }),
    ...(isSilent && hint ? { login_hint: hint } : {}),
  };
  for (const [name, value] of Object.entries(parameters)) address.searchParams.set(name, value);
  return address.href;
}

/**
 * Takes the answer out of the address, at once: no token stays in it or in the history.
 * @returns {{identity: Identity | null, error: string | null, isSilent: boolean} | null} null if there is no answer
 */
export function takeAnswer() {
  const parameters = new URLSearchParams(location.hash.slice(1));
  if (!parameters.has("id_token") && !(parameters.has("error") && parameters.has("state"))) return null;
  const attempt = takeAttempt();
  history.replaceState(null, "", `${location.pathname}${attempt?.route ?? ""}`);
  if (!attempt || attempt.state !== parameters.get("state"))
    return failed("The answer to the sign-in was not asked for by this tab. Sign in again.", false);
  const token = parameters.get("id_token");
  if (!token) return failed(parameters.get("error") ?? "unknown", attempt.isSilent);
  const claims = claimsOf(token);
  if (!claims || claims.nonce !== attempt.nonce)
    return failed("The token does not belong to this sign-in. Sign in again.", false);
  return { identity: identityOf(token, claims), error: null, isSilent: attempt.isSilent };
}

/**
 * A token that has just been issued. Its expiry follows from its lifetime, since this machine's clock may be wrong.
 * @param {string} token
 * @param {Claims} claims
 * @returns {Identity}
 */
export function identityOf(token, claims) {
  return { token, claims, expiresAt: Date.now() + lifetimeOf(claims) };
}

/** Milliseconds. @param {Claims} claims */
export function lifetimeOf({ exp, iat }) {
  return (iat === undefined ? HOUR : exp - iat) * 1000;
}

/**
 * The claims of a token, unverified: the gateway verifies them. Null if it is no token.
 * @param {string} token
 * @returns {Claims | null}
 */
export function claimsOf(token) {
  try {
    const part = (token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(part), (letter) => letter.charCodeAt(0));
    const claims = JSON.parse(new TextDecoder().decode(bytes));
    return typeof claims.sub === "string" && typeof claims.exp === "number" ? claims : null;
  } catch {
    return null;
  }
}

/**
 * The words for an error of the sign-in.
 * @param {string} error a code of OpenID Connect, or a sentence
 */
export function failureText(error) {
  if (error === "access_denied") return "You did not allow the sign-in. Sign in again to go on.";
  return error.includes(" ") ? error : `The sign-in failed: ${error}. Sign in again.`;
}

/** @returns {Attempt | null} */
function takeAttempt() {
  const text = sessionStorage.getItem(ATTEMPT);
  sessionStorage.removeItem(ATTEMPT);
  return text ? JSON.parse(text) : null;
}

/**
 * @param {string} error
 * @param {boolean} isSilent
 */
function failed(error, isSilent) {
  return { identity: null, error, isSilent };
}

function random() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
