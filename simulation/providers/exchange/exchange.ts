import { RequestError } from '../http/route.ts';
import { type Webhook, Webhooks } from '../http/webhooks.ts';
import { SimulatedClock } from './clock.ts';
import { anySeed, Dice } from './dice.ts';
import {
  type Faults,
  faultsSchema,
  type Operation,
  requestFaultsOf,
  webhookFaultsOf,
} from './faults.ts';
import type { PhoneCall } from './phone-call.ts';
import { type LineEvents, PhoneLine } from './phone-line.ts';
import type { ScriptPlan } from './script.ts';
import { ScriptBook } from './script-book.ts';

const CALLS_MAX = 500_000;

/** What every simulator is started with. */
export interface SimulatorOptions {
  /** On 127.0.0.1; 0, the default, takes a free one. */
  readonly port?: number | undefined;
  /** Where events go that name no other place. On this machine. */
  readonly webhookUrl?: string | undefined;
  /** Of all random draws; by default one nobody chose. */
  readonly seed?: number | undefined;
  /** Simulated milliseconds per real one; 1 by default. Signatures always carry real time. */
  readonly scale?: number | undefined;
  /** The simulated moment it begins at, epoch ms; by default now. */
  readonly startAtMs?: number | undefined;
  readonly faults?: Faults | undefined;
  /** For calls to numbers without a script of their own. */
  readonly script?: ScriptPlan | undefined;
}

type Outgoing = Omit<Webhook, 'faults' | 'dice' | 'call'>;

/** What the three simulators have in common: clock, calls, scripts, random draws, faults, webhooks. */
export class Exchange<C extends PhoneCall> {
  readonly seed: number;
  readonly clock: SimulatedClock;
  readonly scripts: ScriptBook;
  readonly webhooks: Webhooks;
  readonly line: PhoneLine<C>;
  /** By id, oldest first. */
  readonly calls = new Map<string, C>();
  faults: Faults;
  readonly #uses = new Map<string, number>();
  readonly #draws = new Map<string, number>();

  constructor(options: SimulatorOptions, events: LineEvents<C>) {
    this.seed = options.seed ?? anySeed();
    this.clock = new SimulatedClock(options);
    this.scripts = new ScriptBook(options.script);
    this.webhooks = new Webhooks(this.clock);
    this.line = new PhoneLine(this.clock, events);
    this.faults = faultsSchema.parse(options.faults ?? {});
  }

  /**
   * A new call that is not yet on the line.
   * @throws RequestError 429 when half a million calls are remembered.
   */
  newCall(details: {
    readonly direction: PhoneCall['direction'];
    readonly from: string;
    readonly to: string;
    readonly capMs: number;
    readonly id: (dice: Dice) => string;
  }): PhoneCall {
    if (this.calls.size >= CALLS_MAX) throw new RequestError(429, 'The simulator is full.');
    const person = details.direction === 'outbound' ? details.to : details.from;
    const use = (this.#uses.get(person) ?? 0) + 1;
    this.#uses.set(person, use);
    const key = `${person}#${use}`;
    const dice = new Dice(this.seed, key);
    const createdAtMs = this.clock.now();
    return {
      ...details,
      id: details.id(dice),
      key,
      ordinal: this.calls.size + 1,
      script: this.scripts.draw(person, dice),
      dice,
      draws: new Map(),
      createdAtMs,
      phase: 'queued',
      updatedAtMs: createdAtMs,
      startedAtMs: undefined,
      endedAtMs: undefined,
      endedBy: undefined,
      hangUpsReceived: 0,
      timers: new Set(),
      capTimer: undefined,
      pushes: [],
      deliveries: [],
      pushCount: 0,
      deliveryCount: 0,
    };
  }

  /** The faults of a request, and the dice to draw them with. */
  requestFaults(operation: Operation, call: PhoneCall | undefined) {
    return {
      faults: requestFaultsOf(operation, this.faults, call?.script.faults),
      dice: this.#diceFor(call, operation),
    };
  }

  /** The same for a request that makes a call to this number. */
  createFaults(to: string) {
    return {
      faults: requestFaultsOf('create', this.faults, this.scripts.planFor(to).faults),
      dice: this.#diceFor(undefined, 'create'),
    };
  }

  /** Delivers an event with the faults of the call and the server. */
  send(call: PhoneCall | undefined, webhook: Outgoing) {
    return this.webhooks.send({
      ...webhook,
      call,
      faults: webhookFaultsOf(webhook.event, this.faults, call?.script.faults),
      dice: this.#diceFor(call, webhook.event),
    });
  }

  close(): void {
    this.clock.stop();
    this.webhooks.close();
  }

  /** One for each draw: the n-th of its kind and call, whatever else happens in between. */
  #diceFor(call: PhoneCall | undefined, kind: string): Dice {
    const draws = call?.draws ?? this.#draws;
    const nth = draws.get(kind) ?? 0;
    draws.set(kind, nth + 1);
    return new Dice(this.seed, call?.key ?? '', kind, nth);
  }
}
