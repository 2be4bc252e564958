// Geometry of the round gauge: an arc of 270° that opens downwards. Angles in degrees clockwise from its left end.
export const SWEEP = 270;
const START = 135;

const round = (n: number) => Math.round(n * 100) / 100;

export function point(angle: number, radius: number, centre = 120): [number, number] {
  const radians = ((START + angle) * Math.PI) / 180;
  return [round(centre + radius * Math.cos(radians)), round(centre + radius * Math.sin(radians))];
}

/** SVG path of the arc between two angles; empty when there is nothing to draw. */
export function arc(from: number, to: number, radius: number): string {
  const a = Math.min(Math.max(from, 0), SWEEP);
  const b = Math.min(Math.max(to, 0), SWEEP);
  // Said this way round, no number draws nothing as well.
  if (!(b - a >= 0.01)) return '';
  const [x1, y1] = point(a, radius);
  const [x2, y2] = point(b, radius);
  return `M${x1} ${y1}A${radius} ${radius} 0 ${b - a > 180 ? 1 : 0} 1 ${x2} ${y2}`;
}
