/** Asks the server for how a file is shown, and for the parts, until they are made. */
import { api } from "../api";

export type State = "waiting" | "ready" | "refused" | "broken" | "absent";

export interface View {
  state: State;
  pages: number;
}

/** How long to wait before asking again, in all some minutes; the last is repeated. */
const WAITS_MS = [400, 800, 1500, 2500, 4000];
const MOST_TIMES = 60;

const wait = (times: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, WAITS_MS[Math.min(times, WAITS_MS.length - 1)]));

/** The state once it is known how it went; `broken` when it takes too long. */
export async function settled(url: string, signal: AbortSignal): Promise<View> {
  for (let times = 0; times < MOST_TIMES; times++) {
    const view = await api.get<View>(url, { signal });
    if (view.state !== "waiting") return view;
    await wait(times);
    signal.throwIfAborted();
  }
  return { state: "broken", pages: 0 };
}

/** A part once it is made; undefined when there will be none. */
export async function part(url: string, signal: AbortSignal): Promise<Blob | undefined> {
  for (let times = 0; times < MOST_TIMES; times++) {
    const answer = await fetch(url, { signal });
    if (answer.status === 200) return answer.blob();
    if (answer.status !== 202) return undefined;
    await wait(times);
    signal.throwIfAborted();
  }
  return undefined;
}

export const ZOOMS: readonly number[] = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3, 4];

/** The next size in this direction; the same at the ends. */
export function zoomed(zoom: number, step: 1 | -1): number {
  const found = step > 0 ? ZOOMS.find((one) => one > zoom) : ZOOMS.filter((one) => one < zoom).at(-1);
  return found ?? zoom;
}
