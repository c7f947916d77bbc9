/**
 * What this browser remembers of uploads that have not ended: enough to go on when the page is opened again and the
 * same file is chosen. Of the file itself nothing can be kept; how much has arrived, the server knows.
 */
import type { Conflict } from "./uploads";

export interface Unfinished {
  readonly address: string;
  readonly name: string;
  readonly size: number;
  /** When the file was changed last, so that another one of the same name and size is not taken for it. */
  readonly modified: number;
  readonly folder: string | null;
  readonly conflict: Conflict;
}

const MOST = 100;
const keyOf = (scope: string): string => `hemicycle.uploads.${scope}`;

export function listUnfinished(scope: string): Unfinished[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(keyOf(scope)) ?? "[]");
    return Array.isArray(found) ? (found as Unfinished[]) : [];
  } catch {
    return []; // no storage, or somebody else's
  }
}

function keep(scope: string, list: Unfinished[]): void {
  try {
    if (list.length === 0) localStorage.removeItem(keyOf(scope));
    else localStorage.setItem(keyOf(scope), JSON.stringify(list.slice(-MOST)));
  } catch {
    // full, or not allowed: the upload goes on as long as the page is open
  }
}

export function remember(scope: string, upload: Unfinished): void {
  keep(scope, [...listUnfinished(scope).filter(({ address }) => address !== upload.address), upload]);
}

export function forget(scope: string, address: string): void {
  keep(scope, listUnfinished(scope).filter((one) => one.address !== address));
}
