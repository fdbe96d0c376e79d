// The filter: what is typed and ticked, the views, the chips and the heads of the columns all say
// the same thing, and that is the page's address.
import { get, post } from "./requests.js";
import { focusOf, giveFocus, inheritFocus, parse } from "./lines.js";

const TYPING_MS = 180;

export class Filters {
  #controller = null;

  constructor(page, address, onList) {
    this.page = page;
    this.address = address;
    this.onList = onList;
    this.form = document.getElementById("filters");
    this.search = document.getElementById("search");
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("change", (event) => {
      if (event.target.name) this.#apply();
    });
    this.search.addEventListener("input", () => {
      clearTimeout(this.typing);
      this.typing = setTimeout(() => this.#apply(), TYPING_MS);
    });
    page.addEventListener("click", (event) => this.#follow(event));
    document.addEventListener("click", (event) => {
      for (const pick of document.querySelectorAll("details.pick[open]")) {
        if (!pick.contains(event.target)) pick.open = false;
      }
    });
    this.#views();
    this.show();
  }

  #apply() {
    clearTimeout(this.typing);
    const query = new URLSearchParams();
    for (const [name, value] of new FormData(this.form)) if (value) query.append(name, value);
    // What the address asks for and no box is there for stays: it is seen as a chip.
    const boxes = [...this.form.querySelectorAll("input[name]")];
    for (const [name, value] of this.address.query) {
      const isOffered = boxes.some((box) => box.name === name && (box.type === "radio" || box.value === value));
      if (!isOffered && !query.getAll(name).includes(value)) query.append(name, value);
    }
    this.go(query, this.search.value.trim());
  }

  // Links within the page change the list, not the page.
  #follow(event) {
    const link = event.target.closest("a[data-list]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const isView = link.dataset.view !== undefined;
    const text = link.dataset.text ?? (isView ? "" : this.address.text);
    this.go(new URL(link.href).searchParams, text);
  }

  byPriority() {
    const query = new URLSearchParams(this.address.query);
    query.delete("sort");
    return this.go(query, this.address.text);
  }

  async go(query, text) {
    this.address.set(query, text);
    this.show();
    return this.load();
  }

  async load() {
    this.#controller?.abort();
    const controller = new AbortController();
    this.#controller = controller;
    const list = document.getElementById("list");
    list.ariaBusy = "true";
    try {
      const { text } = this.address;
      const answer = await get(this.address.of("/list"), { text, signal: controller.signal });
      const html = await answer.text();
      if (controller.signal.aborted) return;
      const study = focusOf();
      const focused = document.activeElement?.closest?.("#list [data-list]")?.textContent;
      list.replaceChildren(parse(html));
      this.show();
      if (focused) {
        const again = [...list.querySelectorAll("[data-list]")].find((each) => each.textContent === focused);
        (again ?? list.querySelector("[data-list]"))?.focus();
      } else if (study && !giveFocus(study)) {
        const first = list.querySelector("tr[data-uid]");
        if (first) inheritFocus(first);
      }
      this.onList();
    } catch {
      // Said on the page; what stood there still does.
    } finally {
      if (this.#controller === controller) list.ariaBusy = "false";
    }
  }

  // Makes the form say what the address says.
  show() {
    const { query, text } = this.address;
    for (const box of this.form.querySelectorAll("input[name]")) {
      const values = query.getAll(box.name);
      box.checked = box.type === "radio" && !values.length ? !box.value : values.includes(box.value);
    }
    if (document.activeElement !== this.search) this.search.value = text;
    for (const count of this.form.querySelectorAll("[data-chosen]")) {
      const names = count.dataset.chosen.split(",");
      const chosen = names.flatMap((name) => query.getAll(name)).length;
      count.textContent = chosen || "";
    }
    const filter = new URLSearchParams(this.address.whole);
    filter.sort();
    for (const view of this.page.querySelectorAll("a[data-view]")) {
      const its = new URLSearchParams(view.dataset.query);
      its.sort();
      if (its.toString() === filter.toString()) view.setAttribute("aria-current", "page");
      else view.removeAttribute("aria-current");
    }
    const isNamed = this.page.querySelector("a[data-view][aria-current]");
    document.getElementById("save-view").hidden = Boolean(isNamed) || !filter.size;
  }

  #views() {
    const dialog = document.getElementById("name-view");
    const name = document.getElementById("view-name");
    document.getElementById("save-view").addEventListener("click", () => {
      name.value = "";
      dialog.showModal();
    });
    dialog.addEventListener("close", async () => {
      if (dialog.returnValue !== "save") return;
      await post("/preferences/views", { name: name.value, query: this.address.whole });
      location.reload();
    });
    this.page.addEventListener("click", async (event) => {
      const button = event.target.closest("[data-forget]");
      if (!button) return;
      await post("/preferences/views/forget", { name: button.dataset.forget });
      button.parentElement.remove();
      this.show();
    });
  }
}
