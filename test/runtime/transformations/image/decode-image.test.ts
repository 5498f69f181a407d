import sharp from 'sharp';
import { resolveBuiltIn } from '../../../../runtime/transformations/built-in-step';
import { tensor, type Tensor } from '../../../../runtime/tensor/tensor';
import { flowOf, format, parameterProblems, writtenStep } from '../run-step';

const RED = { r: 255, g: 0, b: 0 };
const BLUE = { r: 0, g: 0, b: 255 };

/** Two pixels beside each other, the left one red, the right one blue. */
const twoPixels = (): sharp.Sharp =>
  sharp(Uint8Array.of(255, 0, 0, 0, 0, 255), { raw: { width: 2, height: 1, channels: 3 } });
const plain = (width: number, height: number, background: object, channels: 3 | 4 = 3): sharp.Sharp =>
  sharp({ create: { width, height, channels, background: background as typeof RED } });

async function decode(
  pictures: readonly Uint8Array[],
  parameters: Record<string, unknown> = {},
): Promise<readonly Tensor[]> {
  const step = writtenStep({ use: 'decode-image', ...parameters });
  const flow = await step.applyLater(flowOf({ a: tensor('string', [pictures.length], [...pictures]) }));
  return flow.get('a') as readonly Tensor[];
}

const decodeOne = async (picture: Uint8Array, parameters?: Record<string, unknown>): Promise<Tensor> =>
  (await decode([picture], parameters))[0];
const pixelsOf = ({ data }: Tensor): number[] => Array.from(data as Uint8Array);

describe('decode-image', () => {
  it('decodes PNG exactly', async () => {
    expect(await decodeOne(await twoPixels().png().toBuffer())).toEqual(
      tensor('uint8', [1, 2, 3], Uint8Array.of(255, 0, 0, 0, 0, 255)),
    );
  });

  it('decodes JPEG', async () => {
    const { shape, data } = await decodeOne(await plain(16, 8, RED).jpeg({ quality: 95 }).toBuffer());
    expect(shape).toEqual([8, 16, 3]);
    expect((data as Uint8Array)[0]).toBeGreaterThan(250);
    expect((data as Uint8Array)[1]).toBeLessThan(6);
  });

  it('decodes pictures of different sizes side by side, in order', async () => {
    const pictures = await Promise.all(
      [1, 2, 3, 4, 5].map((width) => plain(width, 1, BLUE).png().toBuffer()),
    );
    expect((await decode(pictures)).map(({ shape }) => shape[1])).toEqual([1, 2, 3, 4, 5]);
  });

  it('makes RGB of grey, palette, 16-bit and CMYK pictures', async () => {
    const grey = await plain(1, 1, { r: 80, g: 80, b: 80 }).toColourspace('b-w').png().toBuffer();
    expect(await decodeOne(grey)).toEqual(tensor('uint8', [1, 1, 3], Uint8Array.of(80, 80, 80)));
    const palette = await twoPixels().png({ palette: true }).toBuffer();
    expect(pixelsOf(await decodeOne(palette))).toEqual([255, 0, 0, 0, 0, 255]);
    const deep = await twoPixels().toColourspace('rgb16').png().toBuffer();
    expect(pixelsOf(await decodeOne(deep))).toEqual([255, 0, 0, 0, 0, 255]);
    const cmyk = await plain(8, 8, { r: 255, g: 255, b: 255 }).toColourspace('cmyk').jpeg().toBuffer();
    const { shape, data } = await decodeOne(cmyk);
    expect(shape).toEqual([8, 8, 3]);
    expect(Math.min(...(data as Uint8Array))).toBeGreaterThan(245);
  });

  it('drops transparency', async () => {
    const glass = await plain(1, 1, { ...RED, alpha: 0.2 }, 4)
      .png()
      .toBuffer();
    expect(pixelsOf(await decodeOne(glass))).toEqual([255, 0, 0]);
  });

  it('makes grey pictures when told to', async () => {
    const { shape } = await decodeOne(await twoPixels().png().toBuffer(), { colour: 'grey' });
    expect(shape).toEqual([1, 2, 1]);
  });

  it('turns a picture upright as its EXIF data say, unless told not to', async () => {
    const onItsSide = await twoPixels()
      .withMetadata({ orientation: 6 })
      .jpeg({ chromaSubsampling: '4:4:4' })
      .toBuffer();
    expect((await decodeOne(onItsSide)).shape).toEqual([2, 1, 3]);
    expect((await decodeOne(onItsSide, { orient: false })).shape).toEqual([1, 2, 3]);
  });

  it('refuses what is no picture, with its place', async () => {
    const png = await twoPixels().png().toBuffer();
    await expect(decode([png, Buffer.from('hello')])).rejects.toThrow(
      'picture 1 is neither JPEG nor PNG: its 5 bytes start with 68656c6c6f',
    );
    await expect(decode([Buffer.alloc(0)])).rejects.toThrow('picture 0 is empty; JPEG and PNG are read');
    await expect(decode([Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')])).rejects.toThrow(
      'is neither JPEG nor PNG',
    );
    await expect(decode([])).rejects.toThrow('has no pictures: a request brings at least one');
  });

  it('refuses a truncated or damaged picture', async () => {
    const noise = sharp(
      Uint8Array.from({ length: 48 * 48 * 3 }, (_, i) => (i * 7919) & 255),
      {
        raw: { width: 48, height: 48, channels: 3 },
      },
    );
    const jpeg = await noise.clone().jpeg().toBuffer();
    const png = await noise.png().toBuffer();
    await expect(decodeOne(jpeg.subarray(0, jpeg.length / 2))).rejects.toThrow(
      /^picture 0 cannot be decoded: \S/,
    );
    await expect(decodeOne(png.subarray(0, png.length / 2))).rejects.toThrow(
      /^picture 0 cannot be decoded: \S/,
    );
    await expect(decodeOne(png.subarray(0, 30))).rejects.toThrow(/^picture 0 cannot be decoded: \S/);
    png.fill(0, 100, 200);
    await expect(decodeOne(png)).rejects.toThrow(/^picture 0 cannot be decoded: \S/);
  });

  it('refuses a picture of a hundred megapixels by its head, before memory is taken for it', async () => {
    const bomb = await plain(10_000, 10_000, RED).png({ compressionLevel: 1 }).toBuffer();
    const before = process.memoryUsage().rss;
    await expect(decodeOne(bomb)).rejects.toThrow(
      'picture 0 has 10000 × 10000 pixels, which makes 100000000 in this request; at most 50000000 are allowed',
    );
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6);
  });

  it('counts the pixels of all pictures of a request', async () => {
    const picture = await plain(10, 10, RED).png().toBuffer();
    await expect(decode([picture, picture, picture], { maxPixels: 250 })).rejects.toThrow(
      'picture 2 has 10 × 10 pixels, which makes 300 in this request; at most 250 are allowed',
    );
  });

  it('asks for the memory that the pictures take before it decodes them', async () => {
    const picture = await plain(10, 10, RED).png().toBuffer();
    const asked: number[] = [];
    const step = resolveBuiltIn({ use: 'decode-image' })!;
    const parsed = step.parse({});
    await step.applyFlow(
      flowOf({ a: tensor('string', [2], [picture, picture]) }),
      'parameters' in parsed && parsed.parameters,
      { on: 'a', as: 'a' },
      undefined,
      (size) => {
        asked.push(size);
        return Promise.resolve();
      },
    );
    expect(asked).toEqual([600]);
  });

  it('leaves a list of pictures of unknown sizes', () => {
    const step = writtenStep({ use: 'decode-image', as: 'pictures' });
    expect(step.format(new Map([['a', format({ dtype: 'string', shape: ['n'] })]])).get('pictures')).toEqual({
      kind: 'list',
      length: 'n',
      item: format({ dtype: 'uint8', shape: ['height', 'width', 3], layout: 'HWC' }),
    });
  });

  it('refuses what holds no encoded pictures at load', () => {
    const step = writtenStep({ use: 'decode-image' });
    expect(() => step.format(new Map([['a', format({ dtype: 'uint8', shape: [9] })]]))).toThrow(
      'needs encoded pictures as strings, got uint8 [9]',
    );
    expect(() => step.format(new Map([['a', format({ dtype: 'string', shape: [2, 2] })]]))).toThrow(
      'needs a row of pictures [pictures], got [2, 2]',
    );
    expect(parameterProblems('decode-image', { maxPixels: 0 })).toHaveLength(1);
  });
});
