// From values to greys (PS3.3 C.11.2), and the windows that a reader may choose.
const WHITE = 255;

function curve(name, center, width) {
  if (name === "SIGMOID") return (value) => 1 / (1 + Math.exp((-4 * (value - center)) / width));
  if (name === "LINEAR_EXACT") return (value) => (value - center) / width + 0.5;
  if (width <= 1) return (value) => (value > center - 0.5 ? 1 : 0);
  return (value) => (value - (center - 0.5)) / (width - 1) + 0.5;
}

// The grey of every code: 0 to 255. A window of null is the image as it was received; `flipped`
// turns about what is shown otherwise. Padding stays black.
export function greys(radiograph, window, flipped) {
  const { modality, tones, padding } = radiograph;
  const made = new Uint8Array(modality.length);
  if (window === null) {
    made.set(tones);
    if (flipped) for (let code = 0; code < made.length; code++) made[code] = WHITE - made[code];
  } else {
    const grey = curve(radiograph.function, window.center, window.width);
    const turned = radiograph.inverted !== flipped;
    for (let code = 0; code < made.length; code++) {
      const share = Math.min(Math.max(grey(modality[code]), 0), 1);
      made[code] = Math.round(WHITE * (turned ? 1 - share : share));
    }
  }
  if (padding) made.fill(0, padding[0], padding[1] + 1);
  return made;
}

const between = (low, high) => ({ center: (low + high + 1) / 2, width: high - low + 1 });

// The value below which this share of the tissue lies.
function quantile(radiograph, share) {
  const { counts, modality } = radiograph;
  let left = share * radiograph.tissue;
  for (const code of radiograph.ascending) {
    left -= counts[code];
    if (left <= 0) return modality[code];
  }
  return radiograph.highest;
}

// What a reader may choose: [name, window]; the first is the image as received.
export function presets(radiograph, words) {
  const cut = (from, to) => between(quantile(radiograph, from), quantile(radiograph, to));
  const bright = radiograph.inverted ? [0, 0.45] : [0.55, 1];
  const dim = radiograph.inverted ? [0.3, 1] : [0, 0.7];
  return [
    [words.received, null],
    ...radiograph.windows
      .slice(1)
      .map((each) => [each.name || words.alternative, { center: each.center, width: each.width }]),
    [words.range, between(radiograph.lowest, radiograph.highest)],
    [words.contrast, cut(0.02, 0.98)],
    [words.bone, cut(...bright)],
    [words.soft, cut(...dim)],
  ];
}
