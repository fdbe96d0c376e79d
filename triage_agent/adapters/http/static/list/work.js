// Claim, give back, mark as read: shown at once, and taken back where the node says no.
import { line, lineOf, nameOf } from "./lines.js";
import { openNext } from "./next_study.js";
import { isRefusal, post } from "./requests.js";

const STATE_OF = { claim: "claimed", release: "unread", read: "read" };
const SAID_OF = { claim: "claimed", release: "released", read: "read" };

export class Work {
  constructor(page, toasts, address, news) {
    this.page = page;
    this.toasts = toasts;
    this.address = address;
    this.news = news;
    document.addEventListener("click", (event) => {
      const button = event.target.closest("button[data-act]");
      if (button) this.act(lineOf(button), button.dataset.act);
    });
    document.getElementById("next")?.addEventListener("click", () => this.next());
  }

  get mayRead() {
    return Boolean(this.page.dataset.mayRead);
  }

  async act(tr, deed) {
    if (!tr || !this.mayRead || tr.classList.contains("busy")) return;
    const { uid, state, mine, generation, images } = tr.dataset;
    const isMine = mine !== undefined;
    if (deed === "claim" && state !== "unread") return this.refuse(tr);
    if (deed === "release" && !(state === "claimed" && isMine)) return;
    if (deed === "read" && (state === "read" || (state === "claimed" && !isMine))) {
      return this.refuse(tr);
    }
    const shown = { generation: Number(generation), images: Number(images) };
    this.show(uid, STATE_OF[deed], deed === "claim");
    tr.classList.add("busy");
    this.news.own.add(uid);
    try {
      const now = await post(`/studies/${uid}/${deed}`, deed === "read" ? shown : null);
      this.take(now);
      this.say(SAID_OF[deed], tr, now);
    } catch (error) {
      this.show(uid, state, isMine);
      this.explain(error, uid);
    } finally {
      line(uid)?.classList.remove("busy");
    }
  }

  // Claims the most urgent study that nobody has, of those that the filter shows, and opens it.
  async next() {
    const { text } = this.address;
    try {
      const isThere = await openNext(this.address.of("/worklist/next"), { text });
      if (!isThere) this.toasts.show(this.page.dataset.nothingLeft);
    } catch (error) {
      this.explain(error, "");
    }
  }

  async undo(uid, number) {
    this.news.own.add(uid);
    try {
      const now = await post(`/studies/${uid}/undo`, { undo: number });
      this.take(now);
      const tr = line(uid);
      if (tr) this.say("undone", tr, {});
    } catch (error) {
      this.explain(error, uid);
    }
    this.news.ask();
  }

  // What the node says of a study counts.
  take(now) {
    this.show(now.study_uid, now.state, now.mine, now.claimed_by || now.read_by);
  }

  show(uid, state, isMine, by = "") {
    const tr = line(uid);
    if (!tr) return;
    tr.dataset.state = state;
    if (isMine && state === "claimed") tr.dataset.mine = "";
    else delete tr.dataset.mine;
    if (by) for (const place of tr.querySelectorAll(".c-state .by")) place.textContent = by;
  }

  say(what, tr, now) {
    const text = this.page.dataset[what].replace("{study}", nameOf(tr));
    const { uid } = tr.dataset;
    const undo = now.undo ? () => this.undo(uid, now.undo) : null;
    const seconds = undo ? now.undo_seconds : undefined;
    this.toasts.show(text, { undo, undoText: this.page.dataset.undo, seconds });
  }

  refuse(tr) {
    const said = tr.querySelector(`.on-${tr.dataset.state === "read" ? "read" : tr.dataset.mine === undefined ? "claimed" : "mine"}`);
    this.toasts.show(said?.textContent.trim().replace(/\s+/g, " ") ?? this.page.dataset.failed, { isRefusal: true });
  }

  explain(error, uid) {
    const { failed, unknown } = this.page.dataset;
    const said = isRefusal(error) ? error.said : { error: unknown };
    if (said.kind === "claimed") this.show(uid, "claimed", false, said.claimed_by);
    if (said.kind === "read") this.show(uid, "read", false, said.read_by);
    this.toasts.show(said.error || failed, { isRefusal: true });
    this.news.ask();
  }
}
