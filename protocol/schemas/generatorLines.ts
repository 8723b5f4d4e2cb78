import { Type } from '@sinclair/typebox';
import type { OrderPlaceFrame } from '../messages.ts';
import {
  type ClientLine,
  type EndLine,
  type GeneratorName,
  JUDGED_PATTERNS,
  type OrderLine,
  type ViolationLine,
  type WindowLine,
  type WireHistogram,
} from '../run.ts';
import { schemaOf } from './agreement.ts';
import { OFFSET_KINDS, ORDER_TYPES, SIDES } from './parts.ts';

/** The lines of protocol/run.ts, as they are checked when they come from another machine. */
const { Array: List, Integer, Literal, Number: Figure, Optional, String: Text } = Type;
const GENERATORS: readonly GeneratorName[] = ['k6', 'swarm', 'probe'];
const generator = Type.Union(GENERATORS.map((name) => Literal(name)));
const Count = Integer({ minimum: 0 });
const AtLeastZero = Figure({ minimum: 0 });
/** What isn't known here can't be put together with anything. */
const KNOWN_ALONE = { additionalProperties: false };

const HistogramSchema = schemaOf<WireHistogram>()(
  Type.Object({
    count: Count,
    min: AtLeastZero,
    max: AtLeastZero,
    sum: AtLeastZero,
    buckets: List(Type.Tuple([Count, Integer({ minimum: 1 })])),
  }),
);

const WindowSchema = schemaOf<WindowLine>()(
  Type.Object({
    kind: Literal('window'),
    generator,
    second: Integer(),
    histograms: Type.Object(
      {
        connect: Optional(HistogramSchema),
        tick: Optional(HistogramSchema),
        service: Optional(HistogramSchema),
        trigger: Optional(HistogramSchema),
        pattern: Optional(HistogramSchema),
        cadence: Optional(HistogramSchema),
        compute: Optional(HistogramSchema),
        ack: Optional(HistogramSchema),
        reconnect: Optional(HistogramSchema),
        heartbeat: Optional(HistogramSchema),
        freshness: Optional(HistogramSchema),
        slip: Optional(HistogramSchema),
        loopDelay: Optional(HistogramSchema),
      },
      KNOWN_ALONE,
    ),
    received: Count,
    sent: Count,
    connected: Count,
  }),
);

const ViolationCounts = Type.Object(
  {
    gap: Optional(Count),
    duplicate: Optional(Count),
    reorder: Optional(Count),
    wrong_content: Optional(Count),
    unexplained_gap: Optional(Count),
    hole_after_resume: Optional(Count),
    repeat_after_resume: Optional(Count),
    missing_tail: Optional(Count),
    missing_pattern: Optional(Count),
    wrong_pattern: Optional(Count),
    missing_bar: Optional(Count),
    wrong_bar: Optional(Count),
    stale_as_fresh: Optional(Count),
    schedule_slip: Optional(Count),
    heartbeat_head: Optional(Count),
    bad_frame: Optional(Count),
    unexpected_error: Optional(Count),
    unplanned_close: Optional(Count),
    no_welcome: Optional(Count),
    no_answer: Optional(Count),
  },
  KNOWN_ALONE,
);

const ViolationSchema = schemaOf<ViolationLine>()(
  Type.Object({
    kind: Literal('violation'),
    generator,
    violation: Type.KeyOf(ViolationCounts),
    client: Count,
    stream: Text(),
    expectedSeq: Figure(),
    seq: Figure(),
    atUs: Figure(),
    detail: Text(),
    messages: Optional(Count),
  }),
);

const PlacedOrder = schemaOf<OrderPlaceFrame>()(
  Type.Object({
    type: Literal('order.place'),
    id: Optional(Integer()),
    account: Optional(Text()),
    clientOrderId: Text(),
    symbol: Text(),
    side: Type.Union(SIDES.map((side) => Literal(side))),
    orderType: Type.Union(ORDER_TYPES.map((type) => Literal(type))),
    quantity: Text(),
    triggerPrice: Optional(Text()),
    limitPrice: Optional(Text()),
    trailingOffset: Optional(
      Type.Object({ kind: Type.Union(OFFSET_KINDS.map((kind) => Literal(kind))), value: Text() }),
    ),
    activationPrice: Optional(Text()),
    triggerBasis: Optional(Type.Union([Literal('last'), Literal('bid_ask'), Literal('mark')])),
    timeInForce: Optional(Type.Union([Literal('DAY'), Literal('GTC'), Literal('IOC'), Literal('FOK'), Literal('GTD')])),
    expireTimeUs: Optional(Figure()),
    extendedHours: Optional(Type.Boolean()),
    reduceOnly: Optional(Type.Boolean()),
    parentClientOrderId: Optional(Text()),
  }),
);

const OrderSchema = schemaOf<OrderLine>()(
  Type.Object({
    kind: Literal('order'),
    generator,
    client: Count,
    frame: PlacedOrder,
    list: Optional(List(Text())),
    plannedUs: Figure(),
    sentUs: Figure(),
    answeredUs: Figure(),
    outcome: Type.Union([Literal('accepted'), Literal('rejected'), Literal('unanswered')]),
    rejectReason: Text(),
    acceptedTickSeq: Integer(),
    triggers: List(
      Type.Object({
        tickSeq: Integer(),
        eventTimeUs: Figure(),
        readUs: Figure(),
        price: Text(),
        live: Type.Boolean(),
      }),
    ),
    fills: List(Type.Object({ tickSeq: Integer(), price: Text(), quantity: Text(), readUs: Figure() })),
    canceled: Optional(Type.Object({ tickSeq: Integer(), eventTimeUs: Figure() })),
    finalStatus: Text(),
  }),
);

const StreamEnd = Type.Object({
  stream: Text(),
  firstSeq: Integer(),
  lastSeq: Integer(),
  events: Count,
  conflated: Count,
  lastReadUs: Optional(Figure()),
  heard: Optional(
    Type.Object({
      lastDueUs: Figure(),
      silence: Optional(Type.Object({ fromUs: Figure(), untilUs: Figure() })),
      proven: Optional(Type.Object({ firstDueUs: Figure(), lastDueUs: Figure(), unheardUs: Optional(Figure()) })),
    }),
  ),
});

const SeenPattern = Type.Object({
  symbol: Text(),
  patternType: Type.Union(JUDGED_PATTERNS.map((type) => Literal(type))),
  barEndUs: Figure(),
  readUs: Figure(),
});

const SeenBar = Type.Object({
  symbol: Text(),
  startUs: Figure(),
  open: Figure(),
  high: Figure(),
  low: Figure(),
  close: Figure(),
  volume: Figure(),
  readUs: Figure(),
});

const ClientSchema = schemaOf<ClientLine>()(
  Type.Object({
    kind: Literal('client'),
    generator,
    client: Count,
    connects: Count,
    failedConnects: Count,
    closes: List(Type.Object({ atUs: Figure(), code: Integer(), why: Optional(Text()) })),
    resumes: List(Type.Object({ closedUs: Figure(), resumedUs: Figure(), recovered: Type.Boolean() })),
    streams: List(StreamEnd),
    tickBySecond: List(Type.Tuple([Integer(), HistogramSchema])),
    patterns: Type.Object({ fromUs: Figure(), seen: List(SeenPattern) }),
    bars: Type.Object({ fromUs: Figure(), seen: List(SeenBar) }),
    operations: Count,
    failedOperations: Count,
    received: Count,
    orderEvents: Count,
  }),
);

const EndSchema = schemaOf<EndLine>()(
  Type.Object({
    kind: Literal('end'),
    generator,
    violations: ViolationCounts,
    violationMessages: Optional(ViolationCounts),
    dueTimeErrorUs: Figure(),
    clockOffsetUs: Figure(),
    clockErrorUs: Figure(),
    earlyUs: Optional(Figure()),
    unread: Optional(Text()),
    floorP99Us: Optional(Figure()),
    hasPriority: Optional(Type.Boolean()),
    lines: Optional(Type.Object({ window: Count, violation: Count, order: Count, client: Count })),
  }),
);

/** By their kind: a union of them would say of a broken line only that it is none. */
export const LINE_SCHEMAS = {
  window: WindowSchema,
  violation: ViolationSchema,
  order: OrderSchema,
  client: ClientSchema,
  end: EndSchema,
} as const;
