import { render } from "lit";
import { beforeEach, describe, expect, it } from "vitest";
import { atTheDoor, reduce, type RoomState } from "../../src/room/state";
import { bits, pictures, quality } from "../../src/room/views/quality";
import type { Participant, Quality, RoomEvent } from "../../src/generated/events";

const me: Participant = { id: "p1", kind: "person", person: "a", name: "Camille Roche", photo: false, role: "host", unit: "", away: false, guest: false };
const figures: Quality = {
  participant: "p1", up_bps: 1_234_000, down_bps: 640_000, up_loss: 0, down_loss: 0.082, round_trip: 0.045,
  pictures: [], freezes: 2, frozen: 1.25, concealed: 0.001,
};
const told = (participants: Quality[]): RoomEvent => ({ meeting: "m", seq: 0, event: { type: "quality", participants } });
const inside: RoomState = { ...atTheDoor, phase: "in", me: "p1", participants: [me] };

describe("the quality of connections", () => {
  beforeEach(() => {
    document.documentElement.lang = "en";
  });

  it("is kept while the panel is open, outside of the room's order", () => {
    const open = reduce(inside, { kind: "panel", panel: "quality" });
    const heard = reduce(open, { kind: "event", event: told([figures]) });
    expect(heard.quality).toEqual([figures]);
    expect(heard.seq).toBe(inside.seq);
    expect(reduce(heard, { kind: "panel", panel: null }).quality).toBeNull();
    expect(reduce(inside, { kind: "event", event: told([figures]) }).quality).toBeNull();
  });

  it("is told in words for everybody, and what is high is marked", () => {
    const place = document.createElement("div");
    render(quality({ ...inside, quality: [figures], participants: [me, { ...me, id: "p2", name: "Zoé" }] }), place);
    const [first, second] = [...place.querySelectorAll("li")].map((item) => item.textContent.replace(/\s+/g, " "));
    expect(first).toContain("1.2 Mbit/s");
    expect(first).toContain("8.2% lost");
    expect(first).toContain("2 in all, 1.3 s");
    expect(place.querySelectorAll("[aria-label=High]")).toHaveLength(1);
    expect(second).toContain("No figures yet.");
  });

  it("counts pictures by size", () => {
    const one = (height: number, paused = false) => ({ track: "t", layer: "h", height, paused });
    expect(pictures([one(180), one(720), one(180), one(0, true), one(0)])).toBe("720p, 180p × 2, 1 awaited, 1 paused");
  });

  it("has rates that can be read", () => {
    expect([bits(0), bits(64_400), bits(999_700), bits(2_340_000)]).toEqual(["0 kbit/s", "64 kbit/s", "1 Mbit/s", "2.3 Mbit/s"]);
  });
});
