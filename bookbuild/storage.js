// Where the browser keeps nothing for a page, the page keeps it as long as it is open. What comes
// later takes for granted that it may be kept.
for (const name of /** @type {const} */ (["localStorage", "sessionStorage"])) {
  try {
    window[name].setItem("kept", "");
    window[name].removeItem("kept");
  } catch {
    const kept = new Map();
    /** @type {Pick<Storage, "getItem" | "setItem" | "removeItem">} */
    const value = {
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, text) => kept.set(key, String(text)),
      removeItem: (key) => kept.delete(key),
    };
    Object.defineProperty(window, name, { value });
  }
}
