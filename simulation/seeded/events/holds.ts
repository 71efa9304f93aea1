/** Amount holds: made, made larger, captured in part or whole, voided, expired. */
import { EVIDENCE, FREE, type HoldState, NO_POLICY, requestHoldId } from '../../../engine/index.ts';
import { isOpen } from '../past.ts';
import { AMOUNTS } from '../shapes.ts';
import { refOf, withHold } from './calls.ts';
import type { Events } from './event.ts';

const reserved = (hold: HoldState) => hold.kind === 'amount';
const openReserve = (hold: HoldState) => reserved(hold) && isOpen(hold);

export const HOLDS: Events = {
  reserve: {
    weight: 6,
    async run(world) {
      const { organizationId, partition, walletId } = world.oneOf(world.stage.tenants);
      const request = world.newKey('holds', organizationId);
      await world.send({
        verb: 'authorize',
        partition,
        request,
        holdId: requestHoldId(organizationId, request.key),
        organizationId,
        kind: 'amount',
        callId: '',
        hasProvider: false,
        ttlMs: world.oneOf([0, 1_000, 60_000, 600_000]),
        maxDurationMs: 0,
        capFloorMs: 0,
        policy: NO_POLICY,
        unbilled: false,
        legs: [{ walletId, role: 'client', amountMicros: world.oneOf(AMOUNTS), price: FREE }],
      });
    },
  },
  extend: {
    weight: 3,
    run: (world) =>
      withHold(world, openReserve, async (known) => {
        const request = world.newKey('extend', known.hold.organizationId);
        const amountMicros = world.oneOf(AMOUNTS);
        await world.send({ verb: 'extend', ...refOf(known), amountMicros, request });
      }),
  },
  capture: {
    weight: 4,
    run: (world) =>
      withHold(world, reserved, async (known) => {
        const verb = world.oneOf(['capture', 'capture', 'settle'] as const);
        const amountMicros = world.oneOf(AMOUNTS);
        const evidence = world.oneOf([EVIDENCE.caller, EVIDENCE.provider_record]);
        const keyed =
          verb === 'capture' ? world.maybeKeyed('capture', known.hold.organizationId) : {};
        await world.send({ verb, ...refOf(known), amountMicros, evidence, ...keyed });
      }),
  },
  'void hold': {
    weight: 2,
    run: (world) =>
      withHold(world, reserved, async (known) => {
        await world.send({
          verb: 'void',
          ...refOf(known),
          ...world.maybeKeyed('void', known.hold.organizationId),
        });
      }),
  },
  'expire hold': {
    weight: 2,
    run: (world) =>
      withHold(world, openReserve, async (known) => {
        await world.send({ verb: 'expire', ...refOf(known) });
      }),
  },
};
