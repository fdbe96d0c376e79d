// The values of a radiograph, as the node sends them, and smaller copies for smaller views.

// The form of the body is told in adapters/http/radiographs.py.
export function decode(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  let at = 4 + length;
  let modality;
  if (head.rescale) {
    const [slope, intercept] = head.rescale;
    modality = Float64Array.from({ length: head.values }, (_, code) => code * slope + intercept);
  } else {
    modality = new Float64Array(buffer, at, head.values);
    at += modality.byteLength;
  }
  const codes = new Uint16Array(buffer, at, head.rows * head.columns);
  const tones = new Uint8Array(buffer, at + codes.byteLength, head.values);
  const radiograph = { ...head, modality, tones };
  radiograph.levels = [{ codes, rows: head.rows, columns: head.columns }];
  return Object.assign(radiograph, extent(radiograph));
}

function extent({ modality, padding, levels, values }) {
  const counts = new Uint32Array(values);
  const { codes } = levels[0];
  for (let index = 0; index < codes.length; index++) counts[codes[index]]++;
  if (padding) counts.fill(0, padding[0], padding[1] + 1);
  const present = [...counts.keys()].filter((code) => counts[code] > 0);
  const ascending = present.sort((one, other) => modality[one] - modality[other]);
  return {
    counts,
    ascending,
    tissue: counts.reduce((sum, count) => sum + count, 0),
    lowest: modality[ascending[0] ?? 0],
    highest: modality[ascending.at(-1) ?? values - 1],
  };
}

// The image at 1 / 2 ** number of its size; made when it is first asked for.
export function level(radiograph, number) {
  const { levels, padding } = radiograph;
  while (levels.length <= number) levels.push(halved(levels.at(-1), padding));
  return levels[number];
}

function halved({ codes, rows, columns }, padding) {
  const half = { rows: (rows + 1) >> 1, columns: (columns + 1) >> 1 };
  half.codes = new Uint16Array(half.rows * half.columns);
  let to = 0;
  for (let row = 0; row < rows; row += 2) {
    const upper = row * columns;
    const lower = row + 1 < rows ? upper + columns : upper;
    for (let column = 0; column < columns; column += 2) {
      const next = column + 1 < columns ? column + 1 : column;
      const a = codes[upper + column];
      const b = codes[upper + next];
      const c = codes[lower + column];
      const d = codes[lower + next];
      half.codes[to++] = padding ? meanOfTissue([a, b, c, d], padding) : (a + b + c + d + 2) >> 2;
    }
  }
  return half;
}

function meanOfTissue(codes, [low, high]) {
  const tissue = codes.filter((code) => code < low || code > high);
  if (!tissue.length) return low;
  return Math.round(tissue.reduce((sum, code) => sum + code, 0) / tissue.length);
}
