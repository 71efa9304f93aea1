import type { Dice } from './dice.ts';
import { type CallScript, drawScript, type ScriptPlan, scriptSchema } from './script.ts';

const NUMBERS_MAX = 1_000_000;

/** Which script a call follows: that of the called number, over that of the whole server. */
export class ScriptBook {
  #usual: ScriptPlan;
  readonly #byNumber = new Map<string, ScriptPlan>();

  constructor(usual: ScriptPlan = {}) {
    this.#usual = scriptSchema.parse(usual);
  }

  /** For calls without a script of their own that begin from now on. */
  setUsual(plan: ScriptPlan): void {
    this.#usual = scriptSchema.parse(plan);
  }

  /**
   * For every later call to this number.
   * @throws RangeError when a million numbers have scripts.
   */
  set(to: string, plan: ScriptPlan): void {
    if (this.#byNumber.size >= NUMBERS_MAX) throw new RangeError('too many scripted numbers');
    this.#byNumber.set(to, scriptSchema.parse(plan));
  }

  planFor(to: string): ScriptPlan {
    return { ...this.#usual, ...this.#byNumber.get(to) };
  }

  draw(to: string, dice: Dice): CallScript {
    return drawScript(this.planFor(to), dice);
  }
}
