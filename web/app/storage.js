/** Values that survive a reload of this tab, and go with it or with the sign-out. Never a token. */

/**
 * @param {string} name
 * @returns {{read: () => unknown, write: (value: unknown) => void}}
 */
export function stored(name) {
  return {
    read: () => {
      const text = sessionStorage.getItem(name);
      return text === null ? null : JSON.parse(text);
    },
    write: (value) => {
      try {
        sessionStorage.setItem(name, JSON.stringify(value));
      } catch {
        // full or switched off: the value lives as long as the page
      }
    },
  };
}
