// What the administrator unfolded stays unfolded when a part of the page is made anew.
(() => {
  "use strict";
  const figures = document.querySelector("#health-figures");
  let unfolded = [];
  figures.addEventListener("htmx:beforeSwap", () => {
    unfolded = [...figures.querySelectorAll("details[open]")].map((details) => details.id);
  });
  figures.addEventListener("htmx:afterSwap", () => {
    for (const id of unfolded) document.getElementById(id)?.setAttribute("open", "");
  });
})();
