// Lines of the table: one study each. A line stays the same element for as long as it is on the
// page, so that focus, hover and picture stay with the study.
export const lineOf = (element) => element?.closest?.("tr[data-uid]") ?? null;
export const line = (uid) => document.getElementById(`row-${uid}`);
export const linkOf = (tr) => tr.querySelector("a.open");
export const nameOf = (tr) => tr.querySelector(".part")?.textContent.trim() ?? "";

export function parse(html) {
  const made = document.createElement("template");
  made.innerHTML = html;
  return made.content;
}

const WITHIN = "a, button";

// Which study has the focus, which control of its line, and whether the reader went there.
export function focusOf() {
  const focused = document.activeElement;
  const tr = lineOf(focused);
  if (!tr) return null;
  return {
    uid: tr.dataset.uid,
    control: [...tr.querySelectorAll(WITHIN)].indexOf(focused),
    isInherited: tr.classList.contains("inherited"),
  };
}

export function giveFocus(focus) {
  const tr = focus && line(focus.uid);
  if (!tr) return false;
  tr.classList.toggle("inherited", focus.isInherited);
  const control = tr.querySelectorAll(WITHIN)[focus.control];
  (control?.checkVisibility?.() ? control : linkOf(tr)).focus({ preventScroll: true });
  return true;
}

// The focus goes to a study by itself: what it was on is gone. Until the reader goes to a study, no
// key does anything with this one.
export function inheritFocus(tr) {
  tr.classList.add("inherited");
  linkOf(tr).focus({ preventScroll: true });
}

// Makes `tr` say what `now` says; the same picture is neither asked for nor drawn again.
export function renew(tr, now) {
  const focus = focusOf()?.uid === tr.dataset.uid ? focusOf() : null;
  const picture = tr.querySelector("img.view");
  const next = now.querySelector("img.view");
  const slot = document.createElement("span");
  const isSame = picture && next && picture.getAttribute("src") === next.getAttribute("src");
  // Not the other way round: an image that changes its document is fetched again.
  if (isSame) next.replaceWith(slot);
  const kept = [...tr.classList].filter((name) => ["here", "busy", "inherited"].includes(name));
  for (const { name } of [...tr.attributes]) tr.removeAttribute(name);
  for (const { name, value } of now.attributes) tr.setAttribute(name, value);
  tr.classList.add(...kept);
  tr.replaceChildren(...now.childNodes);
  if (isSame) slot.replaceWith(picture);
  if (kept.includes("here")) makeReachable(tr, true);
  if (focus) giveFocus(focus);
}

// One line is a stop of the Tab key, with its buttons; the arrows go from line to line.
export function makeReachable(tr, isReachable) {
  tr.classList.toggle("here", isReachable);
  if (!isReachable) tr.classList.remove("inherited");
  for (const control of tr.querySelectorAll(WITHIN)) control.tabIndex = isReachable ? 0 : -1;
}

// Shows for a while that a line is new or says something new.
export function freshen(tr) {
  tr.classList.remove("fresh");
  void tr.offsetWidth; // the animation begins again
  tr.classList.add("fresh");
  setTimeout(() => tr.classList.remove("fresh"), 5000);
}
