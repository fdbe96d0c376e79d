// The page of a study: what its keys do, and what is copied.
import { Stream } from "../stream.js";
import { Toasts } from "./toasts.js";
import { Viewer } from "./viewer.js";
import { Work } from "./work.js";

const page = document.querySelector("#study");
const toasts = new Toasts(document.querySelector("#toasts"));
const viewer = new Viewer(document.querySelector("#viewer"));
const work = document.querySelector("#work") ? new Work(document.querySelector("#work"), toasts) : null;
const help = document.querySelector("#help");

const LETTERS = {
  h: "heat", i: "invert", f: "fit", t: "true", p: "preset", m: "large", w: "window", g: "pan", z: "zoom",
  j: "next", k: "previous", 0: "reset", "+": "nearer", "=": "nearer", "-": "farther",
  c: "claim", x: "release", r: "read", a: "agree", d: "disagree", u: "undo", n: "following",
};
const ARROWS = { ArrowLeft: "narrower", ArrowRight: "wider", ArrowUp: "brighter", ArrowDown: "darker" };
const SHIFTED = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down" };

const isTyping = (element) =>
  element.matches("input:not([type=range], [type=radio], [type=checkbox]), textarea, select, [contenteditable]");

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const isOnView = event.target.closest(".view") !== null;
  if (isTyping(event.target) || (event.target.matches("[type=range]") && event.key.startsWith("Arrow"))) return;
  if (event.key === " " && isOnView) {
    viewer.isSpaceDown = true;
    viewer.element.classList.add("panning");
    event.preventDefault();
    return;
  }
  const isDone = keyed(event, isOnView);
  if (isDone) event.preventDefault();
});

document.addEventListener("keyup", (event) => {
  if (event.key !== " ") return;
  viewer.isSpaceDown = false;
  viewer.element.classList.remove("panning");
});

function keyed(event, isOnView) {
  if (event.key === "Escape") {
    if (!viewer.element.classList.contains("single")) return false;
    return viewer.act("large");
  }
  if (isOnView && event.key === "Enter") return viewer.act("large");
  if (isOnView && event.key.startsWith("Arrow")) {
    return viewer.act((event.shiftKey ? SHIFTED : ARROWS)[event.key]);
  }
  // Single letters can be switched off (WCAG 2.1.4); on an image they are keys even then.
  if (!page.dataset.singleKeys && !isOnView) return false;
  if (event.key === "?") {
    help.showModal();
    return true;
  }
  if (event.key === "b") {
    location.assign("/");
    return true;
  }
  if (!Object.hasOwn(LETTERS, event.key) || (event.repeat && !"+-=".includes(event.key))) return false;
  const name = LETTERS[event.key];
  return viewer.act(name) || (work?.act(name) ?? false);
}

document.querySelector("#help-button").addEventListener("click", () => help.showModal());

const facts = document.querySelector("#facts");
new Stream(() => facts.dispatchEvent(new Event("worklist")));

// They are put in anew whenever something changes, the button with them.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const text = document.querySelector(button.dataset.copy).textContent;
  try {
    await navigator.clipboard.writeText(text);
    toasts.tell(page.dataset.copied, { seconds: 4 });
  } catch {
    toasts.tell(page.dataset.notCopied, { seconds: 8, isRefusal: true });
    getSelection().selectAllChildren(document.querySelector(button.dataset.copy));
  }
});
