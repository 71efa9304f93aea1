import fs from 'node:fs';

/** Removes a server's folder once it has ended. A child of one that was killed may still be writing there. */
export function removeFolder(folder: string): void {
  fs.rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}
