import { type Inputs } from '../../../runtime/client';
import { paintPanel } from '../../pictures/painted-panel';

const PICTURES = 4;
const CHANNELS = 3;

/** Painted panels in batches: `array` uint8 [batch, height, width, 3]. There are as many requests as different ones. */
export function scratchDetectionRequests(batch: number, width: number, height: number): Inputs[] {
  const panels = Array.from({ length: PICTURES }, (_, index) =>
    paintPanel({ seed: index + 1, scratches: (index + 1) % PICTURES, width, height }),
  );
  const requests = Math.max(1, Math.floor(PICTURES / batch));
  return Array.from({ length: requests }, (_, request) => {
    const data = new Uint8Array(batch * height * width * CHANNELS);
    for (let index = 0; index < batch; index++) {
      const { pixels } = panels[(request * batch + index) % PICTURES];
      data.set(pixels, index * pixels.length);
    }
    return { array: { dtype: 'uint8', shape: [batch, height, width, CHANNELS], data } };
  });
}
