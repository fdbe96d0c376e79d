// Short messages at the foot of the page, read out by screen readers too. They take no focus.
const SECONDS = 6;

export class Toasts {
  constructor(place) {
    this.place = place;
  }

  // `undo` is what the button does, for `seconds`; without it the message just goes.
  show(text, { undo = null, undoText = "", seconds = SECONDS, isRefusal = false } = {}) {
    this.clear();
    const toast = document.createElement("p");
    toast.className = isRefusal ? "toast refused" : "toast";
    toast.append(text);
    if (undo) {
      const button = document.createElement("button");
      button.type = "button";
      const key = document.createElement("kbd");
      key.textContent = "u";
      button.append(`${undoText} `, key);
      button.addEventListener("click", () => this.undo());
      toast.append(button);
    }
    this.place.append(toast);
    this.undoIt = undo;
    this.timer = setTimeout(() => this.clear(), seconds * 1000);
  }

  clear() {
    clearTimeout(this.timer);
    this.undoIt = null;
    this.place.replaceChildren();
  }

  undo() {
    const undo = this.undoIt;
    if (!undo) return false;
    this.clear();
    undo();
    return true;
  }
}
