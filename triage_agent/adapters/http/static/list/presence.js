// Whether somebody is at the page. What it asks for while nobody is must not keep a sign-in alive.
const DEEDS = ["pointermove", "pointerdown", "keydown", "wheel", "touchstart"];

export class Presence {
  #did = performance.now();
  #scrolled = performance.now();

  constructor(page) {
    this.page = page;
    const note = (kind, take) =>
      document.addEventListener(kind, take, { passive: true, capture: true });
    for (const kind of DEEDS) note(kind, () => (this.#did = performance.now()));
    note("scroll", () => (this.#scrolled = performance.now()));
  }

  get isAway() {
    return this.#isLongAgo(this.#did);
  }

  // Whoever drags the scroll bar does nothing else; but a list that is placed scrolls by itself.
  get isStill() {
    return this.isAway && this.#isLongAgo(this.#scrolled);
  }

  #isLongAgo(instant) {
    return performance.now() - instant > 1000 * Number(this.page.dataset.idleSeconds);
  }
}
