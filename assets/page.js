// Telephones, and frames that may not, fill no screen.
if (!document.fullscreenEnabled) document.querySelector(".btn-fullscreen-button")?.remove();

// A frame that may send no forms tells nobody that it has sent none, so a search leads on by itself.
document.addEventListener("keydown", (event) => {
  const { target, key, isComposing, keyCode } = event;
  // In Safari the Enter that ends a composition is the key 229.
  if (key !== "Enter" || isComposing || keyCode === 229) return;
  if (!(target instanceof HTMLInputElement && target.matches(".bd-search input"))) return;
  if (target.form === null) return;
  event.preventDefault();
  const address = new URL(target.form.action);
  address.search = String(new URLSearchParams({ q: target.value }));
  address.hash = "";
  location.assign(address);
});

// Paper is light.
let onScreen = document.documentElement.dataset.theme;
window.addEventListener("beforeprint", () => {
  onScreen = document.documentElement.dataset.theme;
  document.documentElement.dataset.theme = "light";
});
window.addEventListener("afterprint", () => {
  document.documentElement.dataset.theme = onScreen;
});
