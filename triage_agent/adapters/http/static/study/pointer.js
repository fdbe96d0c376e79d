// Mouse, pen and fingers on one view.
const WHEEL = 0.0015; // of the logarithm of the scale, for one pixel of the wheel
const LINE_PIXELS = 16;
const DRAG_ZOOM = 0.006;
// So many pixels of dragging go through all values of the image.
const FULL_DRAG = 600;

// `tool()` says what the left button and one finger do: "window", "pan" or "zoom".
export function usePointer(view, { tool, isPanning }) {
  const { canvas } = view;
  const pointers = new Map();
  let doing = "";

  const ratio = () => canvas.width / canvas.getBoundingClientRect().width;
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) * ratio(), (event.clientY - box.top) * ratio()];
  };
  const wanted = (event) => {
    if (event.button === 1 || isPanning()) return "pan";
    return event.button === 2 ? "window" : tool();
  };

  canvas.addEventListener("pointerdown", (event) => {
    if (!view.radiograph) return;
    event.preventDefault();
    view.element.focus({ preventScroll: true });
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, event);
    doing = pointers.size > 1 ? "pinch" : wanted(event);
  });

  canvas.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    pointers.set(event.pointerId, event);
    const across = (event.clientX - before.clientX) * ratio();
    const down = (event.clientY - before.clientY) * ratio();
    if (doing === "pinch") pinch(event, before);
    else if (doing === "pan") view.pan(across, down);
    else if (doing === "zoom") view.zoom(Math.exp(-down * DRAG_ZOOM));
    else dragWindow(view, across / ratio() / FULL_DRAG, down / ratio() / FULL_DRAG);
  });

  const pinch = (event, before) => {
    const other = [...pointers.values()].find((each) => each.pointerId !== event.pointerId);
    if (!other) return;
    const apart = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
    const [x, y] = place(event);
    const [hereX, hereY] = place(other);
    view.pan(((event.clientX - before.clientX) * ratio()) / 2, ((event.clientY - before.clientY) * ratio()) / 2);
    if (apart(before) > 0) view.zoom(apart(event) / apart(before), (x + hereX) / 2, (y + hereY) / 2);
  };

  for (const name of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(name, (event) => {
      pointers.delete(event.pointerId);
      if (pointers.size === 1 && doing === "pinch") doing = "pan";
    });
  }
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  canvas.addEventListener(
    "wheel",
    (event) => {
      if (!view.radiograph) return;
      event.preventDefault();
      const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PIXELS : 1;
      view.zoom(Math.exp(-event.deltaY * pixels * WHEEL), ...place(event));
    },
    { passive: false },
  );
  canvas.addEventListener("pointermove", (event) => {
    if (view.radiograph) view.pointed = view.valueAt(...place(event));
    view.dispatchEvent(new Event("changed"));
  });
  canvas.addEventListener("pointerleave", () => {
    view.pointed = null;
    view.dispatchEvent(new Event("changed"));
  });
}

// To the right: wider. Up: brighter. In shares of all values of the image.
export function dragWindow(view, right, down) {
  const { lowest, highest, inverted } = view.radiograph;
  const range = Math.max(highest - lowest, Number.EPSILON);
  const { center, width } = view.shownWindow;
  const brighter = inverted !== view.flipped ? -1 : 1;
  view.setWindow({ center: center + brighter * down * range, width: width + right * range });
}
