import { describe, expect, it } from "vitest";
import type { Participant, RoomEvent, TrackView, Welcome } from "../../src/generated/events";
import { followFloor } from "../../src/room/turns";
import { maySpeak } from "../../src/room/views/floor";
import { type RoomInput, type RoomState, SILENCE, atTheDoor, isMuted, reduce } from "../../src/room/state";

const person = (id: string, more: Partial<Participant> = {}): Participant => ({
  id,
  kind: "person",
  person: `person-${id}`,
  name: `Person ${id}`,
  photo: false,
  role: "member",
  unit: "",
  away: false,
  guest: false,
  ...more,
});
const track = (id: string, participant: string, more: Partial<TrackView> = {}): TrackView => ({
  id,
  participant,
  label: "camera",
  muted: false,
  ...more,
});
const event = (seq: number, body: RoomEvent["event"]): RoomInput => ({
  kind: "event",
  event: { meeting: "m", seq, event: body },
});
const welcome = (seq: number, participants: Participant[] = [person("me")], tracks: TrackView[] = []): RoomInput => ({
  kind: "welcome",
  welcome: { participant: "me", room: { seq, participants, tracks, speaking: [], viewers: 0, hands: [], locked: false, floor: SILENCE, lines: [], recording: null, on_air: "" }, servers: [] } satisfies Welcome,
});
const run = (inputs: RoomInput[], from: RoomState = atTheDoor): RoomState => inputs.reduce(reduce, from);
const inside = run([{ kind: "joining" }, welcome(1), { kind: "media", state: "connected" }]);

describe("looking on", () => {
  it("is counted, and shows no tile", () => {
    const state = run([event(2, { type: "viewers", count: 12 })], inside);
    expect(state).toMatchObject({ viewers: 12, seq: 2 });
    expect(state.participants).toHaveLength(1);
  });
});

describe("hands", () => {
  it("are in the server's order, and go with whoever leaves", () => {
    const both = run(
      [
        event(2, { type: "entered", participant: person("b") }),
        event(3, { type: "hands", participants: ["b", "me"] }),
      ],
      inside,
    );
    expect(both.hands).toEqual(["b", "me"]);
    expect(run([event(4, { type: "left", participant: "b", reason: "left" })], both).hands).toEqual(["me"]);
  });
});

describe("a host's word", () => {
  it("locks the room for everybody to see", () => {
    expect(run([event(2, { type: "locked", locked: true })], inside).locked).toBe(true);
  });

  it("that silences one changes nothing by itself: the device is switched off, and says so", () => {
    expect(run([event(0, { type: "silenced", label: "microphone", by: "Zoé" })], inside)).toBe(inside);
  });

  it.each(["sent_out", "ended"] as const)("puts one out (%s), and one may come back", (reason) => {
    const out = run([event(0, { type: "put_out", reason })], inside);
    expect(out).toMatchObject({ phase: "out", reason });
    expect(run([{ kind: "joining" }, welcome(1)], out).phase).toBe("in");
  });
});

describe("coming in", () => {
  it("takes the snapshot, and what came before it that it does not hold", () => {
    const state = run([
      { kind: "joining" },
      event(3, { type: "entered", participant: person("b") }),
      event(2, { type: "entered", participant: person("me") }),
      event(4, { type: "left", participant: "b", reason: "left" }),
      event(5, { type: "entered", participant: person("c") }),
      welcome(3, [person("me"), person("b")]),
    ]);
    expect(state.participants.map(({ id }) => id)).toEqual(["me", "c"]);
    expect(state).toMatchObject({ phase: "in", me: "me", seq: 5, early: [] });
  });

  it("is told why not, and may try again", () => {
    const refused = run([{ kind: "joining" }, { kind: "refused", title: "Non" }]);
    expect(refused).toMatchObject({ phase: "refused", refusal: "Non" });
    expect(run([{ kind: "joining" }, welcome(1)], refused).phase).toBe("in");
  });

  it("keeps what was chosen at the door", () => {
    const muted = run([{ kind: "own", microphone: false }, { kind: "joining" }, welcome(1)]);
    expect(muted).toMatchObject({ microphone: false, camera: true });
  });

  it("does not take a late snapshot for one who has left meanwhile", () => {
    expect(run([{ kind: "joining" }, { kind: "left" }, welcome(1)]).phase).toBe("left");
  });
});

describe("in the room", () => {
  it("follows people and tracks", () => {
    const state = run(
      [
        event(2, { type: "entered", participant: person("b") }),
        event(3, { type: "track", track: track("t", "b") }),
        event(4, { type: "speaking", participants: ["b"] }),
        event(5, { type: "entered", participant: person("b", { away: true }) }),
      ],
      inside,
    );
    expect(state.participants).toEqual([person("me"), person("b", { away: true })]);
    expect(state.tracks).toEqual([track("t", "b")]);
    expect(state.speaking).toEqual(["b"]);
    const left = reduce(state, event(6, { type: "left", participant: "b", reason: "lost" }));
    expect(left).toMatchObject({ participants: [person("me")], tracks: [], speaking: [] });
  });

  it("drops what it has already", () => {
    const state = reduce(inside, event(1, { type: "entered", participant: person("ghost") }));
    expect(state).toBe(inside);
  });

  it("asks for the whole when something is missing, and loses nothing of what came after", () => {
    const torn = reduce(inside, event(4, { type: "entered", participant: person("d") }));
    expect(torn.stale).toBe(true);
    const whole = reduce(torn, welcome(3, [person("me"), person("b")]));
    expect(whole).toMatchObject({ stale: false, seq: 4 });
    expect(whole.participants.map(({ id }) => id)).toEqual(["me", "b", "d"]);
  });

  it("is still in while it works on coming back", () => {
    const state = run([{ kind: "media", state: "reconnecting" }], inside);
    expect(state).toMatchObject({ phase: "in", connected: false, participants: [person("me")] });
    expect(run([welcome(9), { kind: "media", state: "connected" }], state)).toMatchObject({ connected: true, seq: 9 });
  });

  it("is outside with the reason when it is put out, and stays so when it closes the connection", () => {
    const out = run([{ kind: "event", event: { meeting: "m", seq: 0, event: { type: "put_out", reason: "removed" } } }], inside);
    expect(out).toMatchObject({ phase: "out", reason: "removed", participants: [] });
    expect(reduce(out, { kind: "left" })).toBe(out);
  });

  it("stays in when it was lost, and learns why it was refused", () => {
    const putOut = (reason: "lost" | "closed"): RoomInput => event(0, { type: "put_out", reason });
    expect(reduce(inside, putOut("lost"))).toBe(inside);
    const refused = run([{ kind: "joining" }, { kind: "refused", title: "Non" }], inside);
    const out = reduce(refused, putOut("closed"));
    expect(out).toMatchObject({ phase: "out", reason: "closed" });
    expect(reduce(out, { kind: "refused", title: "Non" })).toBe(out);
  });

  it("counts the messages of others while the chat is closed", () => {
    const others: RoomInput = { kind: "message", mine: false };
    const state = run([others, others, { kind: "message", mine: true }], inside);
    expect(state.unread).toBe(2);
    const open = reduce(state, { kind: "panel", panel: "chat" });
    expect(open.unread).toBe(0);
    expect(reduce(open, others).unread).toBe(0);
  });
});

describe("isMuted", () => {
  it("is true without a microphone and with one that sends nothing", () => {
    const open = track("t", "b", { label: "microphone" });
    expect(isMuted(inside, "b")).toBe(true);
    expect(isMuted({ ...inside, tracks: [open] }, "b")).toBe(false);
    expect(isMuted({ ...inside, tracks: [{ ...open, muted: true }] }, "b")).toBe(true);
  });
});

describe("the floor", () => {
  const floor = { ...SILENCE, opens: true };
  const both = run([{ kind: "joining" }, welcome(1, [person("me"), person("you")])]);

  it("is what the server last said", () => {
    const state = run([event(2, { type: "floor", floor: { ...SILENCE, speaker: "you", queue: ["me"] } })], both);
    expect(state.floor).toMatchObject({ speaker: "you", queue: ["me"] });
  });

  it("opens one's microphone with one's turn, and closes it after", () => {
    const closed = run([event(2, { type: "floor", floor })], both);
    expect(maySpeak(both)).toBe(true);
    expect(maySpeak(closed)).toBe(false);
    expect(followFloor(closed, both)).toBe(false);
    const mine = run([{ kind: "own", microphone: false }, event(3, { type: "floor", floor: { ...floor, speaker: "me" } })], closed);
    expect(followFloor(mine, closed)).toBe(true);
    const over = run([event(4, { type: "floor", floor })], { ...mine, microphone: true });
    expect(followFloor(over, mine)).toBe(false);
  });

  it("leaves a host's microphone alone", () => {
    const host = run([{ kind: "joining" }, welcome(1, [person("me", { role: "host" })])]);
    const state = run([event(2, { type: "floor", floor })], host);
    expect(maySpeak(state)).toBe(true);
    expect(followFloor(state, host)).toBeNull();
  });
});

describe("troubled connections", () => {
  const line = { participant: "you", level: "poor", trouble: "sending" } as const;

  it("are those that were told last, of people who are there", () => {
    const both = run([event(2, { type: "lines", lines: [line] })], run([{ kind: "joining" }, welcome(1, [person("me"), person("you")])]));
    expect(both.lines).toEqual([line]);
    expect(run([event(3, { type: "left", participant: "you", reason: "left" })], both).lines).toEqual([]);
  });
});
