import { describe, expect, it } from "vitest";
import type { Participant, TrackView } from "../../src/generated/events";
import { type Look, compose, leading, perPage, sharpHeight } from "../../src/room/composition";
import { MOST_PICTURES, tilesOf, wanted } from "../../src/room/layout";
import { type RoomState, atTheDoor } from "../../src/room/state";

const person = (id: string): Participant => ({ id, kind: "person", person: id, name: id, photo: false, role: "member", unit: "", away: false, guest: false });
const track = (id: string, label: "camera" | "screen"): TrackView => ({ id: `${id}-${label}`, participant: id, label, muted: false });
const room = (ids: string[], tracks: TrackView[] = [], speaking: string[] = []): RoomState => ({
  ...atTheDoor,
  phase: "in",
  me: "me",
  participants: ids.map(person),
  tracks,
  speaking,
});
const look = (more: Partial<Look> = {}): Look => ({ arrangement: "grid", hidesSelf: false, pinned: null, page: 0, ...more });
const ids = ["me", ...Array.from({ length: 40 }, (_, index) => `p${index}`)];
const names = (tiles: readonly { id: string }[]): string[] => tiles.map(({ id }) => id);

describe("the grid", () => {
  const tiles = tilesOf(room(ids));

  it("has everybody on exactly one of its pages", () => {
    const { pages } = compose(tiles, look(), null, 12);
    const shown = Array.from({ length: pages }, (_, page) => names(compose(tiles, look({ page }), null, 12).stage)).flat();
    expect(pages).toBe(4);
    expect(shown).toEqual(names(tiles));
  });

  it("shows its last page when the one asked for is gone", () => {
    const { page, stage } = compose(tiles.slice(0, 15), look({ page: 3 }), null, 12);
    expect(page).toBe(1);
    expect(stage).toHaveLength(3);
  });

  it("never has more tiles than pictures may come, nor none at all", () => {
    expect(perPage(4000, 3000)).toBe(MOST_PICTURES);
    expect(perPage(10, 10)).toBe(1);
    expect(perPage(304, 500)).toBe(10);
  });
});

describe("what stands large", () => {
  const people = ["me", "a", "b"];

  it("is the one who leads, the others in the strip", () => {
    const { stage, strip } = compose(tilesOf(room(people)), look({ arrangement: "speaker" }), "b", 16);
    expect(names(stage)).toEqual(["b-person"]);
    expect(names(strip)).toEqual(["a-person", "me-person"]);
  });

  it("are all the shared screens, however one arranges", () => {
    const tiles = tilesOf(room(people, [track("a", "screen"), track("b", "screen")]));
    for (const arrangement of ["grid", "speaker", "sidebar"] as const) {
      expect(names(compose(tiles, look({ arrangement }), "a", 16).stage)).toEqual(["a-screen", "b-screen"]);
    }
  });

  it("is what one has pinned before all, for as long as it is there", () => {
    const tiles = tilesOf(room(people, [track("a", "screen")]));
    const pinned = look({ pinned: "b-person" });
    expect(names(compose(tiles, pinned, "a", 16).stage)).toEqual(["b-person"]);
    expect(names(compose(tiles, pinned, "a", 16).strip)).toContain("a-screen");
    expect(names(compose(tilesOf(room(["me", "a"])), pinned, "a", 16).stage)).toEqual(["a-person", "me-person"]);
  });
});

describe("oneself", () => {
  it("is hidden where others are there, but one's screen is not", () => {
    const tiles = tilesOf(room(["me", "a"], [track("me", "screen")]));
    const { stage, strip } = compose(tiles, look({ hidesSelf: true }), null, 16);
    expect(names([...stage, ...strip])).toEqual(["me-screen", "a-person"]);
    expect(names(compose(tilesOf(room(["me"])), look({ hidesSelf: true }), null, 16).stage)).toEqual(["me-person"]);
  });
});

describe("who leads", () => {
  it("is the loudest of the others, and stays until somebody else speaks alone", () => {
    expect(leading(null, room(["me", "a", "b"]))).toBe("a");
    expect(leading("a", room(["me", "a", "b"], [], ["me", "b"]))).toBe("b");
    expect(leading("b", room(["me", "a", "b"], [], ["a", "b"]))).toBe("b");
    expect(leading("b", room(["me", "a", "b"]))).toBe("b");
    expect(leading("b", room(["me", "a"]))).toBe("a");
    expect(leading("a", room(["me"]))).toBeNull();
  });
});

describe("what is asked for", () => {
  const tiles = tilesOf(room(["me", "a", "b"], [track("a", "camera"), track("b", "camera")]));

  it("is on the page", () => {
    expect(wanted(tiles, { hidden: false, unseen: new Set(), shown: new Set(["b-person"]) })).toEqual(["b-camera"]);
  });

  it("is in the small window even while the page is in the background", () => {
    expect(wanted(tiles, { hidden: true, unseen: new Set(), shown: new Set(["b-person"]), floating: "a-person" })).toEqual(["a-camera"]);
  });

  it("is as sharp as the tile: a face covers it, a screen fits into it", () => {
    expect(sharpHeight("person", 320, 180, 2)).toBe(360);
    expect(sharpHeight("person", 320, 100, 1)).toBe(180);
    expect(sharpHeight("screen", 320, 400, 1)).toBe(180);
  });
});
