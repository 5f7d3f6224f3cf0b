/**
 * Colours of 24 bits become the nearest of the 256 that have a class in the style sheet of the terminal: any other would be
 * a `style` attribute, which the page's policy refuses.
 */
const ESC = '\u001b';
const sequence = new RegExp(`${ESC}\\[([\\d;:]*)m`, 'g');
/** A sequence that is not complete yet, at the end of what came. */
const begun = new RegExp(`${ESC}(\\[[\\d;:]*)?$`);
const direct = /\b(38|48)[;:]2[;:](?:(?=:)|\d*:(?=\d+:\d+:\d+))?:?(\d{1,3})[;:](\d{1,3})[;:](\d{1,3})/g;
/** The steps of the cube from 16 to 231. */
const steps = [0, 95, 135, 175, 215, 255];

export class PaletteColours {
  #rest = '';

  /** What can be shown by now of all that came. */
  push(text: string): string {
    const whole = this.#rest + text;
    this.#rest = begun.exec(whole)?.[0] ?? '';
    return whole
      .slice(0, whole.length - this.#rest.length)
      .replaceAll(sequence, (_, codes: string) => `${ESC}[${inPalette(codes)}m`);
  }

  reset(): void {
    this.#rest = '';
  }
}

function inPalette(codes: string): string {
  return codes.replaceAll(
    direct,
    (_, ground: string, red: string, green: string, blue: string) =>
      `${ground};5;${nearest(Number(red), Number(green), Number(blue))}`,
  );
}

function nearest(...colour: [number, number, number]): number {
  const [red, green, blue] = colour.map(nearestStep);
  const cube = 16 + 36 * (red ?? 0) + 6 * (green ?? 0) + (blue ?? 0);
  const level = Math.max(
    0,
    Math.min(23, Math.round((colour.reduce((sum, one) => sum + one, 0) / 3 - 8) / 10)),
  );
  const inCube = [red, green, blue].map((step) => steps[step ?? 0] ?? 0);
  const inGreys = colour.map(() => 8 + level * 10);
  return distance(colour, inGreys) < distance(colour, inCube) ? 232 + level : cube;
}

function nearestStep(value: number): number {
  const distances = steps.map((step) => Math.abs(step - value));
  return distances.indexOf(Math.min(...distances));
}

function distance(left: readonly number[], right: readonly number[]): number {
  return left.reduce((sum, value, index) => sum + (value - (right[index] ?? 0)) ** 2, 0);
}
