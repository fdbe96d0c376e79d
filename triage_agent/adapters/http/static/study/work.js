// What a reader does with the study: the answers of the node say how it now stands.
import { openNext } from "../list/next_study.js";
import { isRefusal, post } from "../list/requests.js";

export class Work {
  constructor(element, toasts) {
    this.element = element;
    this.words = element.dataset;
    this.toasts = toasts;
    this.address = element.dataset.study;
    this.shown = { generation: Number(this.words.generation), images: Number(this.words.images) };
    this.state = null;
    this.undoable = null;
    for (const button of element.querySelectorAll("[data-do]")) {
      button.addEventListener("click", () => this.act(button.dataset.do));
    }
    this.dialog = document.querySelector("#disagree");
    this.dialog.addEventListener("close", () => this.judged());
    this.hold(false);
  }

  // Says that the study is open on this screen, again and again while it is.
  async hold(isBackground = true) {
    let seconds = this.state?.hold_every ?? 20;
    if (document.visibilityState === "visible") {
      try {
        await this.look(isBackground);
        seconds = this.state.hold_every;
      } catch (error) {
        if (error.status === 403) return;
      }
    }
    setTimeout(() => this.hold(), 1000 * seconds);
  }

  async look(isBackground) {
    this.show(await post(`${this.address}/hold`, null, { background: isBackground }));
  }

  act(name) {
    const acts = {
      claim: () => this.send("claim", null, this.words.claimed),
      release: () => this.send("release", null, this.words.released),
      read: () => this.send("read", this.shown, this.words.readNow),
      agree: () => this.judge({ judgement: "agree", reason: "", text: "" }),
      disagree: () => this.dialog.showModal(),
      undo: () => this.undo(),
      following: () => this.next(),
    };
    if (!Object.hasOwn(acts, name)) return false;
    if (!this.element.querySelector(`[data-do=${name}]:disabled`)) acts[name]();
    return true;
  }

  judge(verdict) {
    return this.send("verdict", { generation: this.shown.generation, ...verdict }, this.words.judged);
  }

  judged() {
    if (this.dialog.returnValue !== "send") return;
    this.dialog.returnValue = "";
    const form = new FormData(this.dialog.querySelector("form"));
    this.judge({ judgement: "disagree", reason: form.get("reason"), text: form.get("text") });
  }

  async send(deed, body, said) {
    try {
      const state = await post(`${this.address}/${deed}`, body);
      this.show(state);
      this.toasts.tell(said, {
        seconds: state.undo ? state.undo_seconds : 4,
        ...(state.undo && { button: this.words.undo, press: () => this.undo() }),
      });
    } catch (error) {
      this.refused(error);
    }
  }

  async undo() {
    if (!this.undoable || Date.now() > this.undoable.until) return;
    const { number } = this.undoable;
    this.undoable = null;
    try {
      this.show(await post(`${this.address}/undo`, { undo: number }));
      this.toasts.tell(this.words.undone, { seconds: 4 });
    } catch (error) {
      this.refused(error);
    }
  }

  async next() {
    try {
      if (!(await openNext())) this.toasts.tell(this.words.nothingLeft, { seconds: 6 });
    } catch (error) {
      this.refused(error);
    }
  }

  refused(error) {
    const said = isRefusal(error) ? error.said.error || this.words.failed : this.words.unknown;
    this.toasts.tell(said, { seconds: 8, isRefusal: true });
    if (!isRefusal(error)) this.look(true).catch(() => {}); // then the next look says how it stands
  }

  show(state) {
    this.state = state;
    if (state.undo) {
      this.undoable = { number: state.undo, until: Date.now() + 1000 * state.undo_seconds };
    }
    const isRead = state.state === "read";
    const isAnothers = state.state === "claimed" && !state.mine;
    const enabled = {
      claim: state.state === "unread",
      release: state.state === "claimed" && state.mine,
      read: !isRead && !isAnothers,
    };
    for (const [name, isEnabled] of Object.entries(enabled)) {
      const button = this.element.querySelector(`[data-do=${name}]`);
      button.disabled = !isEnabled;
      button.hidden = name === "claim" ? state.mine : name === "release" && !state.mine;
    }
    for (const name of ["agree", "disagree"]) {
      const button = this.element.querySelector(`[data-do=${name}]`);
      button.setAttribute("aria-pressed", state.verdict?.judgement === name);
    }
    this.element.querySelector(".stands").textContent = this.sentence(state);
    this.element.dataset.state = isAnothers ? "anothers" : state.mine ? "mine" : state.state;
  }

  sentence(state) {
    const { words } = this;
    if (state.state === "read") return put(words.readBy, state.read_by, state.when);
    if (state.mine) return put(words.mineUntil, "", state.when);
    if (state.state === "claimed") return put(words.claimedBy, state.claimed_by, state.when);
    if (state.read_by) return put(words.readBefore, state.read_by, String(state.new_images));
    return words.unread;
  }
}

const put = (sentence, who, when) => sentence.replace("{who}", () => who).replace("{when}", () => when);
