/** Digits of 3 × 5 dots, a bit for each, row by row; a machine without fonts can draw them. */
const GLYPHS: Readonly<Record<string, readonly number[]>> = {
  '0': [0b111, 0b101, 0b101, 0b101, 0b111],
  '1': [0b010, 0b110, 0b010, 0b010, 0b111],
  '2': [0b111, 0b001, 0b111, 0b100, 0b111],
  '3': [0b111, 0b001, 0b111, 0b001, 0b111],
  '4': [0b101, 0b101, 0b111, 0b001, 0b001],
  '5': [0b111, 0b100, 0b111, 0b001, 0b111],
  '6': [0b111, 0b100, 0b111, 0b101, 0b111],
  '7': [0b111, 0b001, 0b010, 0b010, 0b010],
  '8': [0b111, 0b101, 0b111, 0b101, 0b111],
  '9': [0b111, 0b101, 0b111, 0b001, 0b111],
  '.': [0b000, 0b000, 0b000, 0b000, 0b010],
};
const COLUMNS = 3;

/** Calls `fill` for each dot of the digits and points of `text`; other characters are blanks. Its height is 5 dots. */
export function drawText(
  text: string,
  left: number,
  top: number,
  fill: (x: number, y: number, width: number, height: number) => void,
  dot = 4,
): void {
  [...text].forEach((character, place) => {
    const rows = GLYPHS[character] ?? [];
    rows.forEach((bits, row) => {
      for (let column = 0; column < COLUMNS; column++) {
        if ((bits & (0b100 >> column)) === 0) continue;
        fill(left + (place * (COLUMNS + 1) + column) * dot, top + row * dot, dot, dot);
      }
    });
  });
}
