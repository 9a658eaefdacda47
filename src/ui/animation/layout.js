// The animation's layout: the image on the left, the workers and the table in the middle, the result on the right. If
// it is narrow, the two images are side by side above the rest.

const fit = (box, ratio) => {
  const width = Math.min(box.width, box.height * ratio);
  const height = width / ratio;
  return { x: box.x + (box.width - width) / 2, y: box.y + (box.height - height) / 2, width, height };
};

export const NARROW = 640;

/// The height for a given width. `ratio`: the image's width to height; `workers`: their number.
export function stageHeight(width, ratio, workers) {
  if (width < NARROW) {
    const image = Math.min((width / 2 - 20) / ratio, 300);
    return Math.round(40 + image + 44 + Math.ceil(workers / 2) * 60 + 150);
  }
  return Math.round(Math.min(560, Math.max(360, (width * 0.335) / ratio + 70, workers * 62 + 210)));
}

/// Returns {source, result, workers: Map, table}, each a box {x, y, width, height}.
export function layout(width, height, ratio, workers) {
  const boxes = new Map();
  if (width < NARROW) {
    const half = width / 2 - 20;
    const image = Math.min(half / ratio, 300);
    const source = fit({ x: 8, y: 28, width: half, height: image }, ratio);
    const result = fit({ x: width - 8 - half, y: 28, width: half, height: image }, ratio);
    const top = 28 + image + 36;
    workers.forEach((worker, i) => boxes.set(worker, {
      x: 8 + (i % 2) * (width / 2 - 2), y: top + Math.floor(i / 2) * 60, width: width / 2 - 14, height: 50,
    }));
    const below = top + Math.ceil(workers.length / 2) * 60 + 22;
    return { source, result, workers: boxes, table: { x: width / 2 - 110, y: below, width: 220, height: height - below - 8 } };
  }
  const side = width * 0.335;
  const source = fit({ x: 12, y: 34, width: side, height: height - 50 }, ratio);
  const result = fit({ x: width - 12 - side, y: 34, width: side, height: height - 50 }, ratio);
  const middle = { x: side + 12 + width * 0.05, width: width - 2 * (side + 12 + width * 0.05) };
  const tableHeight = 128;
  const available = height - 34 - tableHeight - 40;
  const step = Math.min(72, available / Math.max(workers.length, 1));
  const first = 34 + Math.max(0, (available - step * workers.length) / 2);
  workers.forEach((worker, i) => boxes.set(worker, {
    x: middle.x, y: first + i * step, width: middle.width, height: Math.max(14, step - 12),
  }));
  return { source, result, workers: boxes, table: { x: middle.x, y: height - tableHeight - 14, width: middle.width, height: tableHeight } };
}

/// A strip's place in a box that shows the page. Planes that are processed separately are side by side.
export function stripBox(timeline, strip, box) {
  const { plane, first_row, rows, first_column, columns } = timeline.strips[strip];
  const width = box.width / timeline.planes;
  return {
    x: box.x + plane * width + (first_column / timeline.width) * width,
    y: box.y + (first_row / timeline.height) * box.height,
    width: (columns / timeline.width) * width,
    height: Math.max(1, (rows / timeline.height) * box.height),
  };
}

export const centre = (box) => ({ x: box.x + box.width / 2, y: box.y + box.height / 2 });
