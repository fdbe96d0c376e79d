// Loaded before anything is drawn, so that a dark room is not lit up for a moment. What the server
// keeps for the user counts; pages that do not know it go by what this browser was told last.
// Beside the theme stands the language, in which the server makes every page.
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
  const tell = (choice) =>
    fetch("/preferences", {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        "X-CSRF-Token": document.querySelector('meta[name="csrf-token"]')?.content ?? "",
      },
      body: JSON.stringify(choice),
    }).catch(() => {});
  document.addEventListener("DOMContentLoaded", () => {
    document.getElementById("language")?.addEventListener("change", async (event) => {
      await tell({ language: event.target.value });
      location.reload();
    });
    const themes = document.getElementById("themes");
    if (!themes) return;
    for (const choice of themes.querySelectorAll("input")) {
      choice.checked = choice.value === root.dataset.theme;
    }
    themes.addEventListener("change", (event) => {
      keep(event.target.value);
      tell({ theme: event.target.value });
    });
  });
})();
