// The keyboard: one study is "here", and the keys are about it.
import { line, lineOf, linkOf, makeReachable } from "./lines.js";

const TYPES = "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]";
const MOVES = "jk"; // these go on while they are held down
const DOUBLE_MS = 800; // between the two of "g g"

export class Keys {
  #lastG = -Infinity;
  #isTab = false; // the Tab key moves the focus now

  constructor(page, chunks, { work, filters, news, toasts, address }) {
    Object.assign(this, { page, chunks, work, filters, news, toasts, address });
    this.help = document.getElementById("help");
    document.getElementById("help-button").addEventListener("click", () => this.help.showModal());
    document.addEventListener("keydown", (event) => this.#press(event));
    document.addEventListener("focusin", (event) => {
      const tr = lineOf(event.target);
      if (!tr) return;
      if (this.#isTab) tr.classList.remove("inherited");
      this.here(tr);
    });
    document.addEventListener("click", (event) => lineOf(event.target)?.classList.remove("inherited"));
    addEventListener("pagehide", () => this.#remember());
    // The line may have been renewed meanwhile; then what had the focus before is there no more.
    for (const dialog of document.querySelectorAll("dialog")) {
      dialog.addEventListener("close", () => {
        const focused = document.activeElement;
        const isLost = focused === document.body || dialog.contains(focused);
        if (isLost && this.current) linkOf(this.current).focus({ preventScroll: true });
      });
    }
  }

  get current() {
    return document.querySelector("#table tr.here");
  }

  // Makes one line the stop of the Tab key; after every change of the table there is one.
  here(tr) {
    const before = this.current;
    if (before && before !== tr) makeReachable(before, false);
    if (tr) makeReachable(tr, true);
  }

  settle() {
    const tr = this.current ?? this.chunks.table.querySelector("tr[data-uid]");
    if (!tr) return;
    // Seen as "here" only once somebody has gone there; until then it is only reachable.
    if (this.current) this.here(tr);
    else linkOf(tr).tabIndex = 0;
  }

  go(tr) {
    if (!tr) return;
    this.here(tr);
    tr.classList.remove("inherited");
    linkOf(tr).focus({ preventScroll: true });
    tr.scrollIntoView({ block: "nearest" });
  }

  async move(direction) {
    const from = this.current;
    if (!from) return this.go(this.#firstSeen());
    // It stands just below the place that the reader was at.
    if (direction > 0 && this.#isInherited(from)) return this.go(from);
    const to = await this.chunks.beside(from, direction);
    if (this.current === from || !this.current) this.go(to);
  }

  #firstSeen() {
    const top = this.chunks.table.tHead.getBoundingClientRect().bottom;
    const lines = [...this.chunks.table.querySelectorAll("tr[data-uid]")];
    return lines.find((tr) => tr.getBoundingClientRect().top >= top - 1) ?? lines[0];
  }

  async to(index) {
    const tr = await this.chunks.at(index);
    if (tr?.dataset.uid) {
      tr.scrollIntoView({ block: "nearest" });
      this.go(tr);
    }
  }

  #remember() {
    const chosen = document.querySelector("#table tr.here:not(.inherited)");
    this.address.remember({ uid: chosen?.dataset.uid, top: this.chunks.scroll.scrollTop });
  }

  // Back from a study: the list stands where it stood.
  async restore() {
    const { uid, top } = history.state ?? {};
    if (top) {
      this.chunks.scroll.scrollTop = top;
      await this.chunks.at(Math.floor(top / (this.chunks.rowHeight || 1)));
      this.chunks.scroll.scrollTop = top;
    }
    const tr = uid && line(uid);
    if (tr) this.go(tr);
  }

  #press(event) {
    this.#isTab = event.key === "Tab";
    // The key moves the focus at once; what moves it later is not the key.
    if (this.#isTab) setTimeout(() => (this.#isTab = false));
    if (event.key === "Enter" && this.#isInherited(lineOf(event.target))) {
      event.preventDefault();
      if (!event.repeat) this.#refuse();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
    const { key, target } = event;
    if (key === "Escape") return this.#leave(target);
    if (target.matches?.(TYPES)) {
      if (key === "ArrowDown" || (key === "Enter" && target.id === "search")) {
        event.preventDefault();
        this.go(this.#firstSeen());
      }
      return;
    }
    const inList = !target.closest?.("details[open], .filters, .top");
    const isSingle = this.page.dataset.singleKeys && (!event.repeat || MOVES.includes(key));
    const deed = (inList && this.#always(key)) || (isSingle && this.#single(key));
    if (!deed) return;
    event.preventDefault();
    Promise.resolve(deed()).catch(() => {});
  }

  #leave(target) {
    const pick = document.querySelector("details.pick[open]");
    if (pick) {
      pick.open = false;
      pick.querySelector("summary").focus();
    } else if (target.id === "search") {
      this.go(this.current ?? this.#firstSeen());
      if (document.activeElement === target) target.blur();
    }
  }

  #always(key) {
    return {
      ArrowDown: () => this.move(1),
      ArrowUp: () => this.move(-1),
      Home: () => this.to(0),
      End: () => this.to(this.chunks.total - 1),
    }[key];
  }

  #single(key) {
    const deeds = {
      j: () => this.move(1),
      k: () => this.move(-1),
      o: () => this.#open(),
      c: () => this.#act("claim"),
      r: () => this.#act("read"),
      x: () => this.#act("release"),
      u: () => this.toasts.undo(),
      p: () => this.filters.byPriority(),
      g: () => this.#g(),
      G: () => this.to(this.chunks.total - 1),
      "/": () => {
        this.filters.search.focus();
        this.filters.search.select();
      },
      "?": () => this.help.showModal(),
      ".": () => this.news.place(),
    };
    if (this.work.mayRead) deeds.n = () => this.work.next();
    return deeds[key];
  }

  #act(deed) {
    const tr = this.current;
    return this.#isInherited(tr) ? this.#refuse() : this.work.act(tr, deed);
  }

  #open() {
    const tr = this.current;
    if (this.#isInherited(tr)) this.#refuse();
    else if (tr) linkOf(tr).click();
  }

  #isInherited(tr) {
    return tr?.classList.contains("inherited");
  }

  #refuse() {
    this.toasts.show(this.page.dataset.notChosen, { isRefusal: true });
  }

  #g() {
    const now = performance.now();
    const isSecond = now - this.#lastG < DOUBLE_MS;
    this.#lastG = isSecond ? -Infinity : now;
    return isSecond ? this.to(0) : undefined;
  }
}
