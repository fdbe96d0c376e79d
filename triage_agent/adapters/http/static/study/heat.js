// The class activation map over an image, as domain/heat.py spreads and colours it.
const STEPS = 256;

// Which two positions a line of pixels lies between, and how near it is to the second.
function places(positions, pixels) {
  return Array.from({ length: pixels }, (_, pixel) => {
    const centre = ((pixel + 0.5) * positions) / pixels - 0.5;
    const at = Math.min(Math.max(centre, 0), positions - 1);
    const first = Math.min(Math.floor(at), Math.max(positions - 2, 0));
    return { first, second: Math.min(first + 1, positions - 1), share: at - first };
  });
}

// The heat of each pixel in steps, 0 to 255.
export function spread(map, rows, columns) {
  const across = places(map.columns, columns);
  const heat = new Uint8Array(rows * columns);
  let to = 0;
  for (const { first, second, share } of places(map.rows, rows)) {
    const line = Array.from({ length: map.columns }, (_, column) => {
      const upper = map.heat[first * map.columns + column];
      return upper + share * (map.heat[second * map.columns + column] - upper);
    });
    for (const place of across) {
      const value = line[place.first] + place.share * (line[place.second] - line[place.first]);
      heat[to++] = Math.round((STEPS - 1) * Math.min(Math.max(value, 0), 1));
    }
  }
  return heat;
}

// The colour of every grey under every heat, as pixels of an ImageData: [heat * 256 + grey].
export function blend(map, strength) {
  const table = new Uint32Array(STEPS * STEPS);
  const bytes = new Uint8ClampedArray(table.buffer);
  let to = 0;
  for (let heat = 0; heat < STEPS; heat++) {
    const opacity = map.opacity[heat] * strength;
    const colour = map.colours[heat];
    for (let grey = 0; grey < STEPS; grey++) {
      for (let channel = 0; channel < 3; channel++) {
        bytes[to++] = Math.round(grey * (1 - opacity) + 255 * colour[channel] * opacity);
      }
      bytes[to++] = 255;
    }
  }
  return table;
}

// The same without any heat: [grey].
export function plain() {
  const table = new Uint32Array(STEPS);
  const bytes = new Uint8ClampedArray(table.buffer);
  for (let grey = 0; grey < STEPS; grey++) bytes.set([grey, grey, grey, 255], 4 * grey);
  return table;
}
