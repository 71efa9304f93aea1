/** What the primary and its workers tell each other. Beside it the channel carries prom-client's own. */

export type ToWorker =
  /** The first message, after `here`: begin. `banner` for the one that greets a developer. */
  | { readonly ringfence: 'start'; readonly banner: boolean }
  | { readonly ringfence: 'stop' }
  /** The metrics of all workers together; without a page when they could not be had. */
  | { readonly ringfence: 'metrics'; readonly id: number; readonly page?: string };

export type ToPrimary =
  /** It hears what it is told; a message before this one would be heard by nobody. */
  | { readonly ringfence: 'here' }
  | { readonly ringfence: 'ready'; readonly url: string }
  /** It cannot start; the sentence is for the operator. */
  | { readonly ringfence: 'failed'; readonly message: string }
  | { readonly ringfence: 'metrics'; readonly id: number };

/** Whether a message is one of these. */
export function isOurs<T extends { readonly ringfence: string }>(message: unknown): message is T {
  return typeof message === 'object' && message !== null && 'ringfence' in message;
}
