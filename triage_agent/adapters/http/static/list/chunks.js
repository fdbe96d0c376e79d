// The table in chunks: those near the screen hold lines, the others a gap as high as their lines
// would be. So the scroll bar is right from the start and the page stays small.
import { get } from "./requests.js";
import { focusOf, giveFocus, inheritFocus, line, lineOf, parse, renew } from "./lines.js";

const NEAR = "100% 0px"; // of the screen, above and below: loaded before they are seen
const SETTLE_MS = 60; // chunks that only fly by are not asked for
const TRIES = 3; // of a chunk that a key asks for, and of parts that do not join: the list changes
const FAR_CHUNKS = 6; // beyond so many loaded ones, those far away become gaps again

export class Chunks {
  #observer = null;
  #near = new Set();
  #loading = new Map();

  // `onShift` places the list: what was asked for does not fit what is on the page any more.
  // `onOld` asks what has changed: lines were read before a change that was told already.
  constructor(address, presence, { onLines, onShift, onOld }) {
    Object.assign(this, { address, presence, onLines, onShift, onOld });
  }

  get scroll() {
    return document.getElementById("scroll");
  }

  get table() {
    return document.getElementById("table");
  }

  get all() {
    return [...this.table.tBodies];
  }

  // Takes over a list that was just put on the page: its first chunk is there.
  adopt() {
    this.#observer?.disconnect();
    this.#abort();
    this.#near.clear();
    this.step = Number(this.table.dataset.step);
    const [first] = this.table.tBodies;
    this.total = Number(first.dataset.total);
    this.version = Number(first.dataset.version);
    this.placedAt = first.dataset.now;
    this.rowHeight = first.rows[0]?.getBoundingClientRect().height ?? 0;
    this.#makeGaps();
    this.#observer = new IntersectionObserver((seen) => this.#look(seen), {
      root: this.scroll,
      rootMargin: NEAR,
    });
    for (const chunk of this.all) this.#observer.observe(chunk);
    this.onLines();
  }

  #makeGaps() {
    const wanted = Math.max(1, Math.ceil(this.total / this.step));
    const chunks = this.all;
    for (const chunk of chunks.slice(wanted)) {
      this.#observer?.unobserve(chunk);
      this.#near.delete(chunk);
      chunk.remove();
    }
    for (let index = chunks.length; index < wanted; index += 1) {
      const chunk = document.createElement("tbody");
      chunk.className = "chunk";
      chunk.dataset.offset = index * this.step;
      this.table.append(chunk);
      this.#observer?.observe(chunk);
    }
    for (const chunk of this.all) if (!chunk.querySelector("tr[data-uid]")) this.#toGap(chunk);
    this.table.setAttribute("aria-rowcount", this.total + 1);
    document.querySelector("#list .empty").hidden = this.total > 0;
  }

  #toGap(chunk) {
    const offset = Number(chunk.dataset.offset);
    const lines = Math.max(0, Math.min(this.step, this.total - offset));
    chunk.classList.add("gap");
    const tr = document.createElement("tr");
    tr.setAttribute("aria-hidden", "true");
    const td = document.createElement("td");
    td.colSpan = this.table.tHead.rows[0].cells.length;
    td.style.height = `${lines * this.rowHeight}px`;
    tr.append(td);
    chunk.replaceChildren(...(lines ? [tr] : []));
  }

  #look(seen) {
    for (const { target, isIntersecting } of seen) {
      if (isIntersecting) this.#near.add(target);
      else this.#near.delete(target);
    }
    clearTimeout(this.settling);
    this.settling = setTimeout(() => {
      for (const chunk of this.#near) if (chunk.classList.contains("gap")) this.load(chunk);
      for (const [chunk, { controller, isAsked }] of this.#loading) {
        if (!isAsked && !this.#near.has(chunk)) controller.abort();
      }
      this.#forgetFar();
    }, SETTLE_MS);
  }

  get #focused() {
    return lineOf(document.activeElement)?.parentElement;
  }

  #forgetFar() {
    const focused = this.#focused;
    const far = this.all.filter(
      (chunk) => !chunk.classList.contains("gap") && !this.#near.has(chunk) && chunk !== focused,
    );
    for (const chunk of far.slice(0, Math.max(0, far.length - FAR_CHUNKS))) this.#toGap(chunk);
  }

  #abort() {
    for (const { controller } of this.#loading.values()) controller.abort();
    this.#loading.clear();
  }

  // Puts the lines of a chunk in place of its gap; one that is asked for need not be near.
  load(chunk, isAsked = false) {
    const known = this.#loading.get(chunk);
    if (known) {
      known.isAsked ||= isAsked;
      return known.done;
    }
    const controller = new AbortController();
    const done = this.#fetch(chunk.dataset.offset, controller.signal)
      .then((part) => {
        if (!chunk.classList.contains("gap")) return; // placed meanwhile
        if (!this.#fits(part, chunk)) return this.onShift();
        // A study that has moved since is on the page already: once is enough.
        const fresh = [...part.rows].filter((tr) => !line(tr.dataset.uid));
        chunk.classList.remove("gap");
        chunk.replaceChildren(...fresh);
        this.onLines();
        const version = Number(part.dataset.version);
        if (version >= this.version) return;
        this.version = version; // from here on it is told again
        this.onOld();
      })
      .catch(() => {}) // said on the page; the next look tries again
      .finally(() => {
        if (this.#loading.get(chunk)?.controller === controller) this.#loading.delete(chunk);
      });
    this.#loading.set(chunk, { controller, done, isAsked });
    return done;
  }

  // Studies that came or went above have shifted the part: one would be passed over, or come twice.
  #fits(part, chunk) {
    const before = chunk.previousElementSibling?.querySelector("tr[data-uid]:last-child");
    const after = chunk.nextElementSibling?.querySelector("tr[data-uid]");
    return (
      Number(part.dataset.total) === this.total &&
      (!before || before.dataset.uid === part.dataset.before) &&
      (!after || after.dataset.uid === part.dataset.after)
    );
  }

  async #fetch(offset, signal) {
    const { text } = this.address;
    const background = this.presence.isAway;
    const answer = await get(this.address.of("/list/chunk", { offset }), { text, signal, background });
    return parse(`<table>${await answer.text()}</table>`).querySelector("tbody");
  }

  // The parts at rising offsets. Each answers for its own moment: a study that goes from one part to
  // the one before between the answers would be in none, so then all are asked for again.
  async #fetchJoined(offsets) {
    let parts = [];
    for (let tries = 0; tries < TRIES; tries += 1) {
      parts = await Promise.all(offsets.map((offset) => this.#fetch(offset)));
      if (parts.every((part, index) => !index || this.#joins(parts[index - 1], part))) break;
    }
    return parts;
  }

  #joins({ rows, dataset }, next) {
    if (dataset.total !== next.dataset.total) return false;
    const isBeside = Number(next.dataset.offset) - Number(dataset.offset) === this.step;
    if (!isBeside || !next.rows.length) return true;
    const last = rows[rows.length - 1];
    return last?.dataset.uid === next.dataset.before && next.rows[0].dataset.uid === dataset.after;
  }

  // Reads what is on the screen again, in its order now. What has the focus keeps it; unless the
  // top of the list shows, the line at `anchor` (or the first that shows) stays where it is.
  async place(anchor = null) {
    this.#abort();
    const table = this.table;
    const shown = this.all.filter((chunk) => this.#near.has(chunk) || chunk === this.#focused);
    const offsets = [...new Set([0, ...shown.map((chunk) => Number(chunk.dataset.offset))])];
    const parts = await this.#fetchJoined(offsets);
    if (table !== this.table) return false; // another list came meanwhile
    const known = new Map([...table.querySelectorAll("tr[data-uid]")].map((tr) => [tr.dataset.uid, tr]));
    const kept = this.#stands(anchor);
    const focus = focusOf();
    // Should the study that has the focus leave the list, the next one below inherits it.
    const lines = [...known.keys()];
    const heirs = focus ? lines.slice(lines.indexOf(focus.uid) + 1) : [];
    const [{ dataset: first }] = parts;
    this.total = Number(first.total);
    this.version = Math.min(...parts.map((part) => Number(part.dataset.version)));
    this.placedAt = first.now;
    const placed = new Set();
    const bodies = new Map(parts.map((part) => [Number(part.dataset.offset), part]));
    for (const chunk of this.all) {
      const part = bodies.get(Number(chunk.dataset.offset));
      if (!part) chunk.replaceChildren(); // a gap, of the right height, follows
      else {
        const now = [...part.rows].filter((tr) => !placed.has(tr.dataset.uid));
        for (const tr of now) placed.add(tr.dataset.uid);
        chunk.classList.remove("gap");
        chunk.replaceChildren(
          ...now.map((tr) => {
            const old = known.get(tr.dataset.uid);
            if (!old) return tr;
            renew(old, tr);
            old.classList.remove("moved");
            return old;
          }),
        );
      }
    }
    this.rowHeight ||= table.querySelector("tr[data-uid]")?.getBoundingClientRect().height ?? 0;
    this.#makeGaps();
    this.#settle(kept);
    if (focus && !giveFocus(focus)) {
      const heir = heirs.map(line).find(Boolean);
      if (heir) inheritFocus(heir);
    }
    this.onLines();
    this.#look([]); // a chunk that came near meanwhile is a gap, and nothing else would load it
    return true;
  }

  #stands(anchor) {
    const { scroll } = this;
    if (scroll.scrollTop < this.rowHeight) return null;
    const { top, bottom } = scroll.getBoundingClientRect();
    const shows = (each) => {
      const box = each.getBoundingClientRect();
      return box.bottom > top + this.rowHeight && box.top < bottom;
    };
    const isKept = anchor && shows(anchor);
    const tr = isKept ? anchor : [...this.table.querySelectorAll("tr[data-uid]")].find(shows);
    return tr && { uid: tr.dataset.uid, y: tr.getBoundingClientRect().top };
  }

  #settle(kept) {
    const tr = kept && line(kept.uid);
    if (tr) this.scroll.scrollTop += tr.getBoundingClientRect().top - kept.y;
  }

  // Brings a chunk's lines onto the page and returns the line at a place counted from 0.
  async at(index) {
    const chunk = this.all[Math.floor(index / this.step)];
    if (!chunk) return null;
    for (let tries = 0; tries < TRIES && chunk.classList.contains("gap"); tries += 1) {
      await this.load(chunk, true);
    }
    return chunk.rows[Math.min(index % this.step, chunk.rows.length - 1)] ?? null;
  }

  // The next line in a direction. Loads what is missing and then looks again: that may have placed
  // the list.
  async beside(tr, direction) {
    const side = direction > 0 ? "nextElementSibling" : "previousElementSibling";
    for (let tries = 0; tries < TRIES && tr.isConnected; tries += 1) {
      if (tr[side]) return tr[side];
      let chunk = tr.parentElement[side];
      while (chunk?.tagName === "TBODY" && !chunk.rows.length) chunk = chunk[side];
      if (chunk?.tagName !== "TBODY") return null;
      const { rows } = chunk;
      if (!chunk.classList.contains("gap")) return rows[direction > 0 ? 0 : rows.length - 1];
      await this.load(chunk, true);
    }
    return null;
  }
}
