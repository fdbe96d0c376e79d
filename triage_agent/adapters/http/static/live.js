// Says so when the page is no longer kept up to date: an old list must not pass for the present one.
// What came again as it stands there stays: to replace it would undo what a reader has selected.
(() => {
  "use strict";
  const lost = document.querySelector(".lost");
  const show = (isLost) => {
    lost.hidden = !isLost;
    document.body.classList.toggle("stale", isLost);
  };
  for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
    document.body.addEventListener(name, () => show(true));
  }
  document.body.addEventListener("htmx:afterOnLoad", () => show(false));
  const came = document.createElement("template");
  document.body.addEventListener("htmx:beforeSwap", ({ detail }) => {
    came.innerHTML = detail.serverResponse;
    if (came.innerHTML.trim() === detail.target.innerHTML.trim()) detail.shouldSwap = false;
  });
})();
