// Short notices over the page, with a button where something can be done about it.
export class Toasts {
  constructor(element) {
    this.element = element;
  }

  tell(text, { seconds, button = "", press = null, isRefusal = false }) {
    const toast = document.createElement("div");
    toast.className = isRefusal ? "toast refused" : "toast";
    toast.append(Object.assign(document.createElement("span"), { textContent: text }));
    const end = () => toast.remove();
    if (button) {
      const made = Object.assign(document.createElement("button"), { type: "button", textContent: button });
      made.addEventListener("click", () => {
        end();
        press();
      });
      toast.append(made);
    }
    this.element.replaceChildren(toast); // the latest alone: it says how the study now stands
    setTimeout(end, 1000 * seconds);
  }
}
