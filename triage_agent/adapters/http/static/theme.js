// Loaded before anything is drawn, so that a dark room is not lit up for a moment. What the server
// keeps for the user counts; pages that do not know it go by what this browser was told last.
(() => {
  "use strict";
  const root = document.documentElement;
  const KEPT = "triage-agent theme";
  const keep = (theme) => {
    root.dataset.theme = theme;
    try {
      localStorage.setItem(KEPT, theme);
    } catch {
      // A browser that keeps nothing shows what the system prefers on the other pages.
    }
  };
  if (root.dataset.theme) {
    keep(root.dataset.theme);
  } else {
    try {
      root.dataset.theme = localStorage.getItem(KEPT) ?? "system";
    } catch {
      root.dataset.theme = "system";
    }
  }
  document.addEventListener("DOMContentLoaded", () => {
    const themes = document.getElementById("themes");
    if (!themes) return;
    for (const choice of themes.querySelectorAll("input")) {
      choice.checked = choice.value === root.dataset.theme;
    }
    themes.addEventListener("change", (event) => {
      keep(event.target.value);
      const token = document.querySelector('meta[name="csrf-token"]')?.content ?? "";
      fetch("/preferences", {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRF-Token": token },
        body: JSON.stringify({ theme: event.target.value }),
      }).catch(() => {});
    });
  });
})();
