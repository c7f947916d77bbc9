import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Attention, type View } from "../../src/room/attention";

let tell: (entries: readonly Partial<IntersectionObserverEntry>[]) => void = () => undefined;

class Observer {
  constructor(changed: typeof tell) {
    tell = changed;
  }
  observe = vi.fn();
  disconnect = vi.fn();
}

const tile = (id: string): HTMLElement => {
  const element = document.createElement("li");
  element.dataset.tile = id;
  document.body.append(element);
  return element;
};

const turn = (state: DocumentVisibilityState): void => {
  vi.spyOn(document, "visibilityState", "get").mockReturnValue(state);
  document.dispatchEvent(new Event("visibilitychange"));
};

describe("what a person can see", () => {
  let seen: View[] = [];
  let attention: Attention;

  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("IntersectionObserver", Observer);
    seen = [];
    attention = new Attention((view) => seen.push(view));
  });

  afterEach(() => {
    attention.close();
    vi.useRealTimers();
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  it("is nothing after a while in another tab, and all of it at once on the way back", () => {
    turn("hidden");
    expect(seen).toEqual([]);
    vi.advanceTimersByTime(3_000);
    expect(seen.at(-1)?.hidden).toBe(true);
    turn("visible");
    expect(seen.at(-1)?.hidden).toBe(false);
  });

  it("stays while one only looks something up", () => {
    turn("hidden");
    vi.advanceTimersByTime(2_000);
    turn("visible");
    vi.advanceTimersByTime(5_000);
    expect(seen).toEqual([]);
  });

  it("leaves out what scrolled away, until it comes back or its element is another", () => {
    const [first, second] = [tile("a-person"), tile("b-person")];
    tell([
      { target: first, isIntersecting: false },
      { target: second, isIntersecting: true },
    ]);
    expect([...(seen.at(-1)?.unseen ?? [])]).toEqual(["a-person"]);
    tell([{ target: second, isIntersecting: true }]);
    expect(seen).toHaveLength(1);
    first.remove();
    tell([{ target: first, isIntersecting: false }]);
    expect(seen.at(-1)?.unseen.size).toBe(0);
  });
});
