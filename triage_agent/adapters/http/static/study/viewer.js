// All views of a study side by side, their tools and their keys.
import { dragWindow, usePointer } from "./pointer.js";
import { View } from "./view.js";
import { presets } from "./windowing.js";

const KEY_STEP = 0.02; // of all values, for one press of an arrow
const KEY_ZOOM = 1.25;
const KEY_PAN = 60;

export class Viewer {
  constructor(element) {
    this.element = element;
    this.words = element.dataset;
    this.tool = "window";
    this.isSpaceDown = false;
    this.views = [...element.querySelectorAll(".view")].map((each) => this.makeView(each));
    this.active = this.views[0] ?? null;
    this.arrange();
    this.heat = { isShown: false, strength: 1 };
    this.useTools();
    new ResizeObserver(() => this.arrange()).observe(element.querySelector(".views"));
    if (this.active) this.activate(this.active);
    this.views.forEach((view) => view.load());
  }

  makeView(element) {
    const view = new View(element);
    usePointer(view, { tool: () => this.tool, isPanning: () => this.isSpaceDown });
    for (const name of ["focusin", "pointerenter"]) {
      element.addEventListener(name, () => this.activate(view));
    }
    view.canvas.addEventListener("dblclick", () => this.maximise(view));
    view.addEventListener("changed", () => this.tell(view));
    view.addEventListener("loaded", () => {
      if (view === this.active) this.offerPresets();
      this.tell(view);
    });
    element.querySelector(".again").addEventListener("click", () => view.load());
    return view;
  }

  activate(view) {
    if (this.active === view && view.element.classList.contains("active")) return;
    this.active = view;
    for (const each of this.views) each.element.classList.toggle("active", each === view);
    this.offerPresets();
  }

  // Columns that leave the images largest.
  arrange() {
    const grid = this.element.querySelector(".views");
    const box = grid.getBoundingClientRect();
    const count = this.views.length;
    if (!count || !box.width) return;
    const shares = this.views.map(({ element }) => element.dataset.rows / element.dataset.columns);
    const tall = shares.reduce((sum, share) => sum + share, 0) / count;
    let best = [0, 1];
    for (let columns = 1; columns <= count; columns++) {
      const rows = Math.ceil(count / columns);
      const width = Math.min(box.width / columns, box.height / rows / tall);
      if (width > best[0] + 1) best = [width, columns];
    }
    grid.style.setProperty("--columns", best[1]);
    grid.style.setProperty("--rows", Math.ceil(count / best[1]));
  }

  maximise(view) {
    const isLarge = this.element.classList.toggle("single");
    for (const each of this.views) each.element.classList.toggle("large", isLarge && each === view);
    this.activate(view);
  }

  step(by) {
    const next = this.views[this.views.indexOf(this.active) + by];
    if (!next) return;
    if (this.element.classList.contains("single")) {
      for (const each of this.views) each.element.classList.toggle("large", each === next);
    }
    next.element.focus();
    this.activate(next);
  }

  tell(view) {
    const { radiograph, shownWindow } = radiographOf(view);
    if (!radiograph) return;
    const parts = [
      `${this.words.center} ${figure(shownWindow.center)}`,
      `${this.words.width} ${figure(shownWindow.width)}`,
      `${Math.round(((100 * view.scale) * radiograph.columns) / radiograph.source_columns)} %`,
    ];
    if (view.pointed !== null && view.pointed !== undefined) {
      parts.push(`${this.words.value} ${figure(view.pointed)}`);
    }
    view.element.querySelector(".told").textContent = parts.join("   ");
    view.element.querySelector(".reduced").hidden = !view.isReduced;
    if (view === this.active) this.pressed("invert", view.flipped);
  }

  useTools() {
    for (const button of this.element.querySelectorAll("[data-tool]")) {
      button.addEventListener("click", () => this.take(button.dataset.tool));
    }
    for (const button of this.element.querySelectorAll("[data-do]")) {
      button.addEventListener("click", () => this.act(button.dataset.do));
    }
    const preset = this.element.querySelector("[name=preset]");
    preset.addEventListener("change", () => this.choose(preset.selectedIndex));
    const strength = this.element.querySelector("[name=strength]");
    strength.addEventListener("input", () => {
      this.heat.strength = strength.value / 100;
      this.showHeat(this.heat.strength > 0);
    });
  }

  take(tool) {
    this.tool = tool;
    this.element.dataset.tool = tool;
    for (const button of this.element.querySelectorAll("[data-tool]")) {
      button.setAttribute("aria-pressed", button.dataset.tool === tool);
    }
  }

  pressed(name, isPressed) {
    this.element.querySelector(`[data-do=${name}]`)?.setAttribute("aria-pressed", isPressed);
  }

  offerPresets() {
    const select = this.element.querySelector("[name=preset]");
    if (!this.active?.radiograph) return;
    this.presets = presets(this.active.radiograph, this.words);
    select.replaceChildren(...this.presets.map(([name]) => new Option(name)));
    const { window } = this.active;
    select.selectedIndex = this.presets.findIndex(([, each]) => isSame(each, window));
    this.pressed("invert", this.active.flipped);
  }

  choose(index) {
    this.active.setWindow(this.presets[index][1]);
    this.element.querySelector("[name=preset]").selectedIndex = index;
  }

  showHeat(isShown) {
    this.heat.isShown = isShown;
    this.pressed("heat", isShown);
    this.element.classList.toggle("heated", isShown);
    for (const view of this.views) view.showHeat(isShown, this.heat.strength);
  }

  // Does what a button or a key asks for; false if there is no such thing.
  act(name) {
    const view = this.active;
    const acts = {
      heat: () => this.showHeat(!this.heat.isShown),
      window: () => this.take("window"),
      pan: () => this.take("pan"),
      zoom: () => this.take("zoom"),
      next: () => this.step(1),
      previous: () => this.step(-1),
      large: () => this.maximise(view),
    };
    const onImage = {
      invert: () => view.flip(),
      reset: () => view.reset(),
      fit: () => view.fit(),
      true: () => this.showTrue(view),
      preset: () => {
        const at = this.presets.findIndex(([, each]) => isSame(each, view.window));
        this.choose((at + 1) % this.presets.length);
      },
      nearer: () => view.zoom(KEY_ZOOM),
      farther: () => view.zoom(1 / KEY_ZOOM),
      wider: () => dragWindow(view, KEY_STEP, 0),
      narrower: () => dragWindow(view, -KEY_STEP, 0),
      brighter: () => dragWindow(view, 0, -KEY_STEP),
      darker: () => dragWindow(view, 0, KEY_STEP),
      left: () => view.pan(KEY_PAN, 0),
      right: () => view.pan(-KEY_PAN, 0),
      up: () => view.pan(0, KEY_PAN),
      down: () => view.pan(0, -KEY_PAN),
    };
    if (Object.hasOwn(acts, name)) acts[name]();
    else if (Object.hasOwn(onImage, name) && view?.radiograph) onImage[name]();
    else return false;
    const select = this.element.querySelector("[name=preset]");
    if (view?.radiograph && this.presets) {
      select.selectedIndex = this.presets.findIndex(([, each]) => isSame(each, view.window));
    }
    return true;
  }

  // One pixel of the image on one of the screen; all of them are fetched if they are not here.
  async showTrue(view) {
    if (view.isReduced) await view.load("whole");
    view.zoom(1 / view.scale);
  }
}

const radiographOf = (view) =>
  view.radiograph ? { radiograph: view.radiograph, shownWindow: view.shownWindow } : {};

const figure = (value) =>
  Math.abs(value) >= 100 || Number.isInteger(value) ? String(Math.round(value)) : value.toFixed(1);

function isSame(one, other) {
  if (one === null || other === null) return one === other;
  return one.center === other.center && one.width === other.width;
}
