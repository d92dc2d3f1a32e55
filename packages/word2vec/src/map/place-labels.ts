/** A rectangle on the page, in pixels; `x` and `y` are its upper left corner. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface LabelSize {
  /** The point that the label is for. */
  x: number;
  y: number;
  width: number;
  height: number;
}

/** How far the turns of the spiral lie apart, and its points on a turn, in pixels. */
const step = 4;

/**
 * A box for each label, no two of which intersect: each label in turn takes the free place nearest to its point on a spiral
 * around it, so the first ones lie best. A label for which `reach` pixels are not enough has no box.
 */
export function placeLabels(
  labels: readonly LabelSize[],
  page: {width: number; height: number},
  reach = 60,
): (Box | undefined)[] {
  const taken: Box[] = [];
  return labels.map(({x, y, width, height}) => {
    for (let radius = 0; radius <= reach; radius += step) {
      const turns = Math.max(1, Math.round((2 * Math.PI * radius) / step));
      for (let turn = 0; turn < turns; turn++) {
        const angle = (2 * Math.PI * turn) / turns;
        const box = {
          x: x + radius * Math.cos(angle) - width / 2,
          y: y + radius * Math.sin(angle) - height / 2,
          width,
          height,
        };
        const onPage = box.x >= 0 && box.y >= 0 && box.x + width <= page.width && box.y + height <= page.height;
        if (!onPage || taken.some((other) => intersect(box, other))) continue;
        taken.push(box);
        return box;
      }
    }
    return undefined;
  });
}

export function intersect(one: Box, other: Box): boolean {
  return (
    one.x < other.x + other.width &&
    other.x < one.x + one.width &&
    one.y < other.y + other.height &&
    other.y < one.y + one.height
  );
}
