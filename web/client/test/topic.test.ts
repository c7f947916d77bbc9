import { describe, expect, it } from "vitest";
import { type TopicInput, type TopicState, type WireEvent, step, unknownTopic } from "../src/topic";

const event = (rev: number): WireEvent => ({ topic: "board:1", rev, type: "card.moved", data: { rev } });

/** Feeds inputs one after the other; what the page would see, and how often the whole was asked for. */
function run(inputs: TopicInput[], from: TopicState = unknownTopic): { state: TopicState; seen: number[]; refetches: number } {
  let state = from;
  let refetches = 0;
  const seen: number[] = [];
  for (const input of inputs) {
    const next = step(state, input);
    state = next.state;
    seen.push(...next.apply.map(({ rev }) => rev));
    refetches += Number(next.refetch);
  }
  return { state, seen, refetches };
}

const live = (rev: number): TopicState => ({ rev, waiting: null });

describe("a topic", () => {
  it("applies the events after its snapshot in order", () => {
    const result = run([{ kind: "asked" }, { kind: "snapshot", rev: 4 }, { kind: "event", event: event(5) }, { kind: "event", event: event(6) }]);
    expect(result).toEqual({ state: live(6), seen: [5, 6], refetches: 0 });
  });

  it("drops what the snapshot already holds and what comes twice", () => {
    const inputs: TopicInput[] = [3, 4, 5, 5, 4].map((rev) => ({ kind: "event", event: event(rev) }));
    expect(run(inputs, live(4))).toEqual({ state: live(5), seen: [5], refetches: 0 });
  });

  it("asks for the whole when an event is missing, and shows nothing out of order", () => {
    const result = run([{ kind: "event", event: event(7) }], live(4));
    expect(result).toEqual({ state: live(4), seen: [], refetches: 1 });
  });

  it("keeps what arrives before the snapshot, and gives it after, sorted and without the old", () => {
    const early: TopicInput[] = [7, 6, 5].map((rev) => ({ kind: "event", event: event(rev) }));
    const result = run([{ kind: "asked" }, ...early, { kind: "snapshot", rev: 5 }]);
    expect(result).toEqual({ state: live(7), seen: [6, 7], refetches: 0 });
  });

  it("asks again when the snapshot and what waited do not meet", () => {
    const result = run([{ kind: "asked" }, { kind: "event", event: event(9) }, { kind: "snapshot", rev: 5 }]);
    expect(result).toEqual({ state: live(5), seen: [], refetches: 1 });
  });

  it("notices by the heartbeat that the last event was lost", () => {
    expect(step(live(5), { kind: "heartbeat", rev: 6 }).refetch).toBe(true);
    expect(step(live(5), { kind: "heartbeat", rev: 5 }).refetch).toBe(false);
    expect(step({ rev: 5, waiting: [] }, { kind: "heartbeat", rev: 9 }).refetch).toBe(false);
    expect(step(unknownTopic, { kind: "heartbeat", rev: 9 }).refetch).toBe(false);
  });

  it("shows every event exactly once, in order, whatever the order of arrival and loss", () => {
    // A small seeded generator: 500 shuffled, doubled and lossy deliveries, repaired as the page would.
    let seed = 7;
    const chance = (): number => (seed = (seed * 16807) % 2147483647) / 2147483647;
    for (let round = 0; round < 500; round++) {
      const last = 1 + Math.floor(chance() * 12);
      const arrivals = Array.from({ length: last }, (_, index) => index + 1)
        .flatMap((rev) => (chance() < 0.2 ? [] : chance() < 0.2 ? [rev, rev] : [rev]))
        .sort(() => chance() - 0.6);
      let state: TopicState = live(0);
      let shown = 0;
      const take = (input: TopicInput): void => {
        const next = step(state, input);
        state = next.state;
        for (const applied of next.apply) {
          expect(applied.rev).toBe(shown + 1);
          shown = applied.rev;
        }
        if (!next.refetch) return;
        take({ kind: "asked" });
        shown = last;
        take({ kind: "snapshot", rev: last });
      };
      for (const rev of arrivals) take({ kind: "event", event: event(rev) });
      take({ kind: "heartbeat", rev: last });
      expect(shown).toBe(last);
    }
  });
});
