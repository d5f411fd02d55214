// Below each result stands a piece of the page. Sphinx cuts it out of all that the page holds; here
// it comes from the text, without the lists of pages around it. Loaded after Sphinx's own script.

Search.htmlToText = (html, anchor) => {
  const page = new DOMParser().parseFromString(html, "text/html");
  const place = page.querySelector(`article ${anchor || "section"}`) ??
    page.querySelector("article");
  const text = place?.matches("dt") ? place.nextElementSibling : place; // what a term means
  text
    ?.querySelectorAll(".headerlink, .trail, summary, script, style, svg, div.math")
    .forEach((it) => it.remove());
  return text?.textContent ?? "";
};

// A page on a disk may not read another one, nor may one in a frame that has no origin.
if (origin === "null" || location.protocol === "file:") {
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}
