import { describe, expect, it } from "vitest";
import type { Participant, TrackView } from "../../src/generated/events";
import { ALL_SEEN } from "../../src/room/attention";
import { MOST_PICTURES, arrange, assign, spokenLast, tilesOf, wanted } from "../../src/room/layout";
import { type RoomState, atTheDoor } from "../../src/room/state";
import { hueOf, initials } from "../../src/room/views/tiles";

const person = (id: string): Participant => ({ id, kind: "person", person: id, name: id, photo: false, role: "member", unit: "", away: false, guest: false });
const camera = (id: string, muted = false): TrackView => ({ id: `${id}-camera`, participant: id, label: "camera", muted });
const screen = (id: string): TrackView => ({ id: `${id}-screen`, participant: id, label: "screen", muted: false });
const room = (ids: string[], tracks: TrackView[] = []): RoomState => ({
  ...atTheDoor,
  phase: "in",
  me: "me",
  participants: ids.map(person),
  tracks,
});

describe("tilesOf", () => {
  it("puts screens first and oneself last", () => {
    const tiles = tilesOf(room(["me", "a", "b"], [camera("a"), screen("b")]));
    expect(tiles.map(({ id }) => id)).toEqual(["b-screen", "a-person", "b-person", "me-person"]);
  });

  it("shows initials where the camera is off", () => {
    expect(tilesOf(room(["a"], [camera("a", true)]))[0]?.track).toBeNull();
  });
});

describe("wanted", () => {
  it("leaves out one's own pictures and those beyond the limit", () => {
    const ids = ["me", ...Array.from({ length: 30 }, (_, index) => `p${index}`)];
    const tracks = wanted(tilesOf(room(ids, ids.map((id) => camera(id)))));
    expect(tracks).toHaveLength(MOST_PICTURES);
    expect(tracks).not.toContain("me-camera");
  });
});

describe("who is seen", () => {
  const ids = Array.from({ length: 20 }, (_, index) => `p${index}`);
  const tiles = tilesOf(room(["me", ...ids], [...ids.map((id) => camera(id)), screen("p19")]));

  it("is nobody while the page is in the background", () => {
    expect(wanted(tiles, { hidden: true, unseen: new Set() })).toEqual([]);
  });

  it("is not who scrolled away", () => {
    expect(wanted(tiles, { hidden: false, unseen: new Set(["p0-person", "p1-person"]) })).not.toContain("p0-camera");
  });

  it("is who spoke last where not everybody can be shown, after screens", () => {
    const tracks = wanted(tiles, ALL_SEEN, ["p18", "p17"]);
    expect(tracks.slice(0, 4)).toEqual(["p19-screen", "p18-camera", "p17-camera", "p0-camera"]);
    expect(tracks).toHaveLength(MOST_PICTURES);
  });

  it("remembers the order of speakers", () => {
    expect(spokenLast(["a", "b", "c"], ["c", "d"])).toEqual(["c", "d", "a", "b"]);
    expect(spokenLast(["a", "b"], [])).toEqual(["a", "b"]);
  });
});

describe("assign", () => {
  it("leaves each picture in its slot", () => {
    expect(assign([null, null, null], ["a", "b"])).toEqual(["a", "b", null]);
    expect(assign(["a", "b", null], ["b", "c", "d"])).toEqual(["c", "b", "d"]);
    expect(assign(["a", "b"], ["c", "a", "b"])).toEqual(["a", "b", "c"]);
    expect(assign(["a", "b"], [])).toEqual([null, null]);
  });
});

describe("arrange", () => {
  it.each([
    [1, 1280, 700, 1],
    [2, 1280, 700, 2],
    [2, 320, 600, 1],
    [4, 1280, 700, 2],
    [9, 1280, 700, 3],
    [5, 400, 800, 1],
  ])("gives %i people in %i × %i %i columns", (count, width, height, columns) => {
    const grid = arrange(count, width, height);
    expect(grid.columns).toBe(columns);
    expect(grid.rows * grid.columns).toBeGreaterThanOrEqual(count);
    expect(grid.height * grid.rows).toBeLessThanOrEqual(height);
  });

  it("survives a window without room", () => {
    expect(arrange(3, 0, 0)).toMatchObject({ columns: 1, height: 0 });
  });
});

describe("initials", () => {
  it.each([
    ["Amélie Durand", "AD"],
    ["Marie-Claude Renard", "MR"],
    ["Zoé", "Z"],
    ["", "?"],
    ["  42 ", "?"],
  ])("of « %s » are %s", (name, expected) => {
    expect(initials(name)).toBe(expected);
  });
});

it("gives a person the colour that the server gives them", () => {
  // zlib.crc32(b"018f0000-0000-7000-8000-000000000001") % 8
  expect(hueOf("018f0000-0000-7000-8000-000000000001")).toBe(2);
});
