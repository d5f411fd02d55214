// What the buttons of the theme do. The theme says it in the buttons; a page that lets no script in
// from elsewhere lets none in there either.

const deeds = {
  print: () => window.print(),
  fullscreen: () =>
    document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen(),
};

document.addEventListener("click", (event) => {
  deeds[event.target.closest("[data-does]")?.dataset.does]?.();
});

// Paper is light.
let onScreen;
window.addEventListener("beforeprint", () => {
  onScreen = document.documentElement.dataset.theme;
  document.documentElement.dataset.theme = "light";
});
window.addEventListener("afterprint", () => {
  document.documentElement.dataset.theme = onScreen;
});
