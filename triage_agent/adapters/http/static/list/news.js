// Keeps the list true while it is open. What is on the page is renewed in its place; what is new or
// belongs elsewhere is announced, and placed when the reader asks for it or is not at work.
import { freshen, line, lineOf, parse, renew } from "./lines.js";
import { get } from "./requests.js";
import { Stream } from "../stream.js";

const POLL_MS = 10_000; // also covers a stream that died without a word
const LATE_MS = 10_000; // clocks of processes, and writers that commit late

// What a line says of its study, without the time that runs.
const saidOf = ({ dataset, cells }) => {
  const parts = [...cells].flatMap((cell) => [...cell.querySelectorAll("b, .figure, small")]);
  return [dataset.state, dataset.place, ...parts.map((each) => each.textContent)].join("|");
};

export class News {
  own = new Set(); // studies of which the reader knows, having changed them
  #new = new Set();
  #moved = new Set();
  #changed = false;
  #asking = null;
  #again = false;

  constructor(page, chunks, address, presence) {
    this.page = page;
    this.chunks = chunks;
    this.address = address;
    this.presence = presence;
    document.addEventListener("pointermove", (event) => (this.under = event.target), {
      passive: true,
    });
    document.addEventListener("click", (event) => {
      if (event.target.closest("#news")) this.place();
    });
    setInterval(() => this.ask(), POLL_MS);
    setInterval(() => this.#placeWhenIdle(), 1000);
    document.addEventListener("visibilitychange", () => this.ask());
    for (const kind of ["online", "offline"]) addEventListener(kind, () => this.ask());
    new Stream(() => this.ask());
  }

  // Another list is on the page: nothing of the old one waits any more.
  reset() {
    this.#new.clear();
    this.#moved.clear();
    this.#changed = false;
    this.#tell();
  }

  // Asks what has changed since what the page shows. One question at a time; a change during it
  // is asked for afterwards.
  ask() {
    if (this.#asking) {
      this.#again = true;
      return this.#asking;
    }
    this.#asking = this.#catchUp()
      .catch(() => {}) // said on the page
      .finally(() => {
        this.#asking = null;
        if (this.#again) {
          this.#again = false;
          this.ask();
        }
      });
    return this.#asking;
  }

  async #catchUp() {
    const { chunks, address } = this;
    const { table } = chunks;
    const since = chunks.version;
    const answer = await get(address.of("/list/changes", { since }), {
      text: address.text,
      background: true,
    });
    const told = await answer.json();
    // Meanwhile read anew: what was told is older than what shows.
    if (table !== chunks.table || since !== chunks.version) return;
    chunks.version = told.version;
    if (told.more) {
      this.#changed = true;
      this.#again = true;
    }
    const gone = new Set(told.gone);
    for (const tr of parse(told.rows).querySelectorAll("tr[data-uid]")) {
      if (gone.has(tr.dataset.uid)) this.#drop(tr);
      else this.#take(tr);
    }
    this.#compare(told.total);
    this.#tell();
    // Nothing can move on an empty page.
    if (this.#new.size && !chunks.table.querySelector("tr[data-uid]")) this.place();
    if (document.hidden) this.#placeWhenIdle();
  }

  #take(now) {
    const { uid, place } = now.dataset;
    const tr = line(uid);
    if (tr) {
      const { place: was, due } = tr.dataset;
      const before = saidOf(tr);
      renew(tr, now);
      if (saidOf(tr) !== before && !this.own.delete(uid)) freshen(tr);
      // Others that come and go shift its number; of its own it moves only with its time.
      const hasMoved = due !== tr.dataset.due || this.#moved.has(uid);
      if (was !== place && hasMoved) {
        this.#moved.add(uid);
        this.#showPlace(tr, was, place);
      } else this.#keepPlace(tr, was);
      return;
    }
    const since = Date.parse(this.chunks.placedAt) - LATE_MS;
    if (Date.parse(now.dataset.arrived) > since) this.#new.add(uid);
    else if (this.#shows(Number(place))) this.#moved.add(uid);
  }

  // A line that stays where it is says where it belongs.
  #showPlace(tr, was, place) {
    this.#keepPlace(tr, was);
    tr.classList.add("moved");
    const cell = tr.querySelector(".c-place");
    if (cell) cell.textContent = `${was} → ${place}`;
  }

  #keepPlace(tr, was) {
    tr.dataset.place = was;
    tr.setAttribute("aria-rowindex", Number(was) + 1);
    const cell = tr.querySelector(".c-place");
    if (cell) cell.textContent = was;
  }

  // Whether the lines around a place are on the page.
  #shows(place) {
    const chunk = this.chunks.all[Math.floor((place - 1) / this.chunks.step)];
    return Boolean(chunk && !chunk.classList.contains("gap"));
  }

  // A line that the filter does not want any more says what became of it until the next placing.
  #drop(now) {
    const { uid } = now.dataset;
    this.#new.delete(uid);
    this.#moved.delete(uid);
    const tr = line(uid);
    if (!tr) return;
    const was = tr.dataset.place;
    renew(tr, now);
    this.#keepPlace(tr, was);
    tr.classList.add("leaving");
  }

  // Time alone also changes what a filter wants.
  #compare(total) {
    document.querySelector("#count .total").textContent = total;
    if (total > this.chunks.total + this.#new.size - this.#leaving) this.#changed = true;
  }

  get #leaving() {
    return this.chunks.table.querySelectorAll("tr.leaving").length;
  }

  get #isWaiting() {
    return this.#new.size > 0 || this.#moved.size > 0 || this.#changed || this.#leaving > 0;
  }

  #tell() {
    const button = document.getElementById("news");
    if (!button) return;
    const { dataset } = this.page;
    const parts = [];
    const count = this.#new.size;
    if (count) parts.push((count === 1 ? dataset.newOne : dataset.newMany).replace("{n}", count));
    if (this.#moved.size) parts.push(dataset.moved.replace("{n}", this.#moved.size));
    if (!parts.length && this.#changed) parts.push(dataset.changed);
    const said = parts.join(", ");
    button.hidden = !said;
    if ((button.dataset.said ?? "") === said) return; // the same is not announced twice
    button.dataset.said = said;
    if (!said) return button.replaceChildren();
    const key = document.createElement("kbd");
    key.textContent = ".";
    button.replaceChildren(`${said} · ${dataset.show} `, key);
  }

  async place() {
    if (this.placing) return this.placing;
    this.placing = this.#place().finally(() => (this.placing = null));
    return this.placing;
  }

  async #place() {
    const waiting = new Set([...this.#new, ...this.#moved]);
    const focused = lineOf(document.activeElement);
    if (!(await this.chunks.place(focused ?? lineOf(this.under)))) return;
    this.reset();
    document.querySelector("#count .total").textContent = this.chunks.total;
    for (const uid of waiting) if (line(uid)) freshen(line(uid));
    // A click that was meant for what just moved away must do nothing.
    this.chunks.scroll.classList.add("settling");
    setTimeout(() => this.chunks.scroll.classList.remove("settling"), 400);
  }

  #placeWhenIdle() {
    if (!this.#isWaiting) return;
    if ((this.presence.isStill || document.hidden) && !document.querySelector("dialog[open]")) {
      this.place().catch(() => {});
    }
  }
}
