import fc from '../../../fixtures/fast-check';
import {
  decodeBasicRequest,
  decodeBasicResponse,
  encodeBasicRequest,
  encodeBasicResponse,
} from '../../../../runtime/services/basic/message';
import {
  decodeExtendedRequest,
  decodeExtendedResponse,
  encodeExtendedRequest,
  encodeExtendedResponse,
} from '../../../../runtime/services/extended/message';
import { MalformedMessageError } from '../../../../runtime/grpc/codec/malformed-message-error';
import { plainBasic, plainExtended, type PlainBasic, type PlainExtended } from './plain-message';
import { loadMessages, protobufjsBasic, protobufjsExtended, type MessageName } from './protobufjs-messages';
import { damage, RANDOM_DAMAGE, RANDOM_MESSAGES, RANDOM_MESSAGES_OF_SAFE_SIZES } from './random-messages';
import { specBasic, specExtended, type SpecVerdict } from './spec-decoder';

type Plain = PlainExtended | PlainBasic;

/** One message type, decoded three ways and encoded by hand. */
interface Contest {
  readonly name: MessageName;
  decode(bytes: Uint8Array): Plain;
  reencode(bytes: Uint8Array): Uint8Array;
  spec(bytes: Uint8Array): SpecVerdict<Plain>;
  protobufjs(bytes: Uint8Array): Plain;
}

const packed = loadMessages({ packed: true });
const unpacked = loadMessages({ packed: false });

const CONTESTS: readonly Contest[] = [
  {
    name: 'extendedRequest',
    decode: (bytes) => plainExtended(decodeExtendedRequest(bytes)),
    reencode: (bytes) => encodeExtendedRequest(decodeExtendedRequest(bytes)),
    spec: (bytes) => specExtended(bytes, false),
    protobufjs: (bytes) => protobufjsExtended(packed.extendedRequest, bytes),
  },
  {
    name: 'extendedResponse',
    decode: (bytes) => plainExtended(decodeExtendedResponse(bytes)),
    reencode: (bytes) => encodeExtendedResponse(decodeExtendedResponse(bytes)),
    spec: (bytes) => specExtended(bytes, true),
    protobufjs: (bytes) => protobufjsExtended(packed.extendedResponse, bytes),
  },
  {
    name: 'basicRequest',
    decode: (bytes) => plainBasic(decodeBasicRequest(bytes)),
    reencode: (bytes) => encodeBasicRequest(decodeBasicRequest(bytes)),
    spec: (bytes) => specBasic(bytes, false),
    protobufjs: (bytes) => protobufjsBasic(packed.basicRequest, bytes),
  },
  {
    name: 'basicResponse',
    decode: (bytes) => plainBasic(decodeBasicResponse(bytes)),
    reencode: (bytes) => encodeBasicResponse(decodeBasicResponse(bytes)),
    spec: (bytes) => specBasic(bytes, true),
    protobufjs: (bytes) => protobufjsBasic(packed.basicResponse, bytes),
  },
];

/** The message, or undefined when it is refused by an error of `refusal`. */
function attempt(decode: () => Plain, refusal: new (message: string) => Error): Plain | undefined {
  try {
    return decode();
  } catch (error) {
    if (error instanceof refusal) return undefined;
    throw error;
  }
}

describe.each(CONTESTS)('$name', (contest) => {
  const message = RANDOM_MESSAGES[contest.name];
  const encode = (value: Record<string, unknown>): Uint8Array => packed[contest.name].encode(value).finish();

  it('decodes what protobufjs encodes as protobufjs decodes it', () => {
    fc.assert(
      fc.property(message, (value) => {
        const bytes = encode(value);
        expect(contest.decode(bytes)).toEqual(contest.protobufjs(bytes));
        expect(contest.decode(bytes)).toEqual(contest.spec(bytes).message);
      }),
      { numRuns: 300 },
    );
  });

  it('decodes repeated values that are not packed', () => {
    fc.assert(
      fc.property(message, (value) => {
        const bytes = unpacked[contest.name].encode(value).finish();
        expect(contest.decode(bytes)).toEqual(contest.protobufjs(bytes));
      }),
      { numRuns: 200 },
    );
  });

  it('encodes what protobufjs decodes to the same message, in no more bytes', () => {
    fc.assert(
      fc.property(RANDOM_MESSAGES_OF_SAFE_SIZES[contest.name], (value) => {
        const bytes = encode(value);
        const own = contest.reencode(bytes);
        expect(contest.protobufjs(own)).toEqual(contest.protobufjs(bytes));
        expect(own.length).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 200 },
    );
  });

  it('merges two messages that follow each other', () => {
    fc.assert(
      fc.property(message, message, (first, second) => {
        const bytes = Buffer.concat([encode(first), unpacked[contest.name].encode(second).finish()]);
        expect(contest.decode(bytes)).toEqual(contest.spec(bytes).message);
      }),
      { numRuns: 200 },
    );
  });

  it('judges cut and mutated messages by the specification, and as protobufjs where that follows it', () => {
    let agreedRefused = 0;
    let agreedAccepted = 0;
    fc.assert(
      fc.property(message, RANDOM_DAMAGE, fc.boolean(), (value, harm, isPacked) => {
        const type = (isPacked ? packed : unpacked)[contest.name];
        const bytes = damage(type.encode(value).finish(), harm);
        const own = attempt(() => contest.decode(bytes), MalformedMessageError);
        const spec = contest.spec(bytes);
        expect(own).toEqual(spec.message);
        if (spec.leniencies.length > 0) return;
        expect(attempt(() => contest.protobufjs(bytes), Error)).toEqual(own);
        if (own === undefined) agreedRefused++;
        else agreedAccepted++;
      }),
      { numRuns: 1500 },
    );
    expect(agreedRefused).toBeGreaterThan(50);
    expect(agreedAccepted).toBeGreaterThan(50);
  });
});
