// One image on the page: what of it is shown, how, and drawing that.
import { blend, plain, spread } from "./heat.js";
import { decode, level } from "./radiograph.js";
import { greys } from "./windowing.js";

const CLOSEST = 32; // screen pixels for one of the image
const PLAIN = plain();

export class View extends EventTarget {
  constructor(element) {
    super();
    this.element = element;
    this.canvas = element.querySelector("canvas");
    this.context = this.canvas.getContext("2d", { alpha: false });
    this.radiograph = null;
    this.window = null; // of the reader's own; null is the image as received
    this.flipped = false;
    this.isFitted = true;
    this.scale = 1;
    this.x = 0; // where the middle of the image is, in pixels of the canvas
    this.y = 0;
    this.map = null;
    this.isHeatShown = false;
    this.strength = 1;
    this.tables = {};
    this.painted = new Map();
    new ResizeObserver(() => this.resize()).observe(element.querySelector(".ground"));
  }

  async load(size = "screen") {
    const { values } = this.element.dataset;
    this.element.dataset.state = "loading";
    try {
      const answer = await fetch(`${values}&size=${size}`, { cache: "no-store" });
      if (answer.status === 401) document.dispatchEvent(new Event("signed-out"));
      if (!answer.ok) throw new Error(String(answer.status));
      const before = this.radiograph?.columns;
      this.radiograph = decode(await answer.arrayBuffer());
      this.painted.clear();
      if (before) this.scale *= before / this.radiograph.columns;
      this.element.dataset.state = "shown";
      this.toned();
      if (this.isFitted) this.fit();
      this.dispatchEvent(new Event("loaded"));
    } catch (error) {
      this.element.dataset.state = this.radiograph ? "shown" : "failed";
      if (!(error instanceof TypeError || /^\d+$/.test(error.message))) throw error;
    }
  }

  async loadHeat() {
    if (this.map || !this.element.dataset.heat) return;
    const answer = await fetch(this.element.dataset.heat, { cache: "no-store" });
    if (!answer.ok) return;
    this.map = await answer.json();
    this.heated();
  }

  get isReduced() {
    return this.radiograph !== null && this.radiograph.columns < this.radiograph.source_columns;
  }

  // The window that is shown now, also where it is not the reader's own.
  get shownWindow() {
    return this.window ?? this.radiograph.windows[0];
  }

  // Rows may be further apart than columns.
  get stretch() {
    const spacing = this.radiograph.spacing;
    return spacing ? spacing.row_mm / spacing.column_mm : 1;
  }

  setWindow(window) {
    const narrowest = this.radiograph.function === "LINEAR" ? 1 : 1e-6;
    this.window =
      window && { center: window.center, width: Math.max(window.width, narrowest) };
    this.toned();
  }

  flip() {
    this.flipped = !this.flipped;
    this.toned();
  }

  reset() {
    this.window = null;
    this.flipped = false;
    this.toned();
    this.fit();
  }

  resize() {
    const box = this.element.querySelector(".ground").getBoundingClientRect();
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [Math.round(box.width * ratio), Math.round(box.height * ratio)];
    if (!width || !height || (width === this.canvas.width && height === this.canvas.height)) return;
    this.x += (width - this.canvas.width) / 2;
    this.y += (height - this.canvas.height) / 2;
    Object.assign(this.canvas, { width, height });
    if (this.isFitted) this.fit();
    else this.draw();
    if (this.radiograph) this.paint(); // or it would be black until the next frame
  }

  fit() {
    if (!this.radiograph) return;
    const { rows, columns } = this.radiograph;
    const { width, height } = this.canvas;
    this.scale = Math.min(width / columns, height / (rows * this.stretch));
    [this.x, this.y] = [width / 2, height / 2];
    this.isFitted = true;
    this.draw();
  }

  // `x` and `y` stay where they are on the canvas.
  zoom(factor, x = this.canvas.width / 2, y = this.canvas.height / 2) {
    const { rows, columns } = this.radiograph;
    const smallest = Math.min(1, 64 / Math.max(rows, columns));
    const scale = Math.min(Math.max(this.scale * factor, smallest), CLOSEST);
    this.x = x + ((this.x - x) * scale) / this.scale;
    this.y = y + ((this.y - y) * scale) / this.scale;
    this.scale = scale;
    this.isFitted = false;
    this.draw();
  }

  pan(x, y) {
    this.x += x;
    this.y += y;
    this.isFitted = false;
    this.draw();
  }

  showHeat(isShown, strength) {
    this.isHeatShown = isShown;
    this.strength = strength;
    this.heated();
    if (isShown) this.loadHeat();
  }

  heated() {
    this.tables.blend = this.map && this.isHeatShown ? blend(this.map, this.strength) : null;
    this.stale();
  }

  toned() {
    this.tables.greys = greys(this.radiograph, this.window, this.flipped);
    this.stale();
  }

  stale() {
    for (const each of this.painted.values()) each.isStale = true;
    this.draw();
  }

  // Several changes within a frame are drawn once.
  draw() {
    this.dispatchEvent(new Event("changed"));
    if (this.waiting || !this.radiograph || !this.canvas.width) return; // `resize` draws then
    this.waiting = requestAnimationFrame(() => this.paint());
  }

  paint() {
    cancelAnimationFrame(this.waiting);
    this.waiting = 0;
    const number = Math.max(0, Math.floor(Math.log2(1 / this.scale) + 1e-9));
    const source = this.level(number);
    const step = 2 ** number * this.scale;
    const { width, height } = this.canvas;
    const { rows, columns } = this.radiograph;
    let left = this.x - (columns * this.scale) / 2;
    let top = this.y - (rows * this.scale * this.stretch) / 2;
    // Pixel on pixel nothing is interpolated.
    if (this.scale === 1) [left, top] = [Math.round(left), Math.round(top)];
    this.context.fillStyle = "#000";
    this.context.fillRect(0, 0, width, height);
    this.context.imageSmoothingEnabled = this.scale !== 1 || this.stretch !== 1;
    this.context.imageSmoothingQuality = "high";
    this.context.drawImage(
      source, left, top, source.width * step, source.height * step * this.stretch,
    );
    Object.assign(this.canvas.dataset, { left, top, scale: this.scale, drawn: performance.now() });
  }

  // A canvas with the image at 1 / 2 ** number of its size, in the present window and heat.
  level(number) {
    const { codes, rows, columns } = level(this.radiograph, number);
    let made = this.painted.get(number);
    if (!made) {
      const canvas = Object.assign(document.createElement("canvas"), { width: columns, height: rows });
      const context = canvas.getContext("2d", { alpha: false });
      const image = context.createImageData(columns, rows);
      made = { canvas, context, image, pixels: new Uint32Array(image.data.buffer), isStale: true };
      this.painted.set(number, made);
    }
    if (made.isStale) {
      this.fill(made, codes, rows, columns);
      made.context.putImageData(made.image, 0, 0);
      made.isStale = false;
    }
    return made.canvas;
  }

  fill(made, codes, rows, columns) {
    const { greys: tone, blend: colour } = this.tables;
    const { pixels } = made;
    if (colour) {
      if (made.map !== this.map) {
        made.heat = spread(this.map, rows, columns);
        made.map = this.map;
      }
      const { heat } = made;
      for (let at = 0; at < pixels.length; at++) pixels[at] = colour[(heat[at] << 8) | tone[codes[at]]];
    } else {
      const shades = Uint32Array.from(tone, (grey) => PLAIN[grey]);
      for (let at = 0; at < pixels.length; at++) pixels[at] = shades[codes[at]];
    }
  }

  // The value of the image at a place of the canvas, or null beside it.
  valueAt(x, y) {
    const { rows, columns, levels, modality, padding } = this.radiograph;
    const column = Math.floor((x - this.x) / this.scale + columns / 2);
    const row = Math.floor((y - this.y) / (this.scale * this.stretch) + rows / 2);
    if (row < 0 || column < 0 || row >= rows || column >= columns) return null;
    const code = levels[0].codes[row * columns + column];
    return padding && code >= padding[0] && code <= padding[1] ? null : modality[code];
  }
}
