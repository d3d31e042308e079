/** Bytes of a pixel: blue, green, red, opacity. */
const pixelBytes = 4;
/** As the windows show what is notable; with a pale ring, so that it stands out on light and dark panels. */
const dot = [0x00, 0x8a, 0xf0, 0xff] as const;
const ring = [0xff, 0xff, 0xff, 0xff] as const;

/** The same square picture with a dot in its lower right corner: something waits for the person. `bitmap` is left as it is. */
export function withWaitingMark(bitmap: Uint8Array, sidePixels: number): Uint8Array {
  const marked = Uint8Array.from(bitmap);
  const outer = sidePixels * 0.25;
  const inner = outer * 0.75;
  const centre = sidePixels - outer - 0.5;
  for (let y = 0; y < sidePixels; y += 1) {
    for (let x = 0; x < sidePixels; x += 1) {
      const distance = Math.hypot(x - centre, y - centre);
      if (distance <= outer) marked.set(distance <= inner ? dot : ring, (y * sidePixels + x) * pixelBytes);
    }
  }
  return marked;
}
