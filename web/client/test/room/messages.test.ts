import { describe, expect, it } from "vitest";
import { levelOf } from "../../src/room/media/level";
import { type ChatInput, type ChatState, type Message, say, silence } from "../../src/room/messages";

const message = (id: string, nonce = `n-${id}`): Message => ({
  id,
  nonce,
  author_id: "a",
  author_name: "Zoé",
  text: id,
  reply: null, created_at: "2026-11-26T17:30:00Z",
});
const run = (inputs: ChatInput[], from: ChatState = silence): ChatState => inputs.reduce(say, from);
const texts = (state: ChatState): string[] => state.messages.map(({ text }) => text);

describe("the chat", () => {
  it("shows what was said in order, once", () => {
    const state = run([
      { kind: "snapshot", messages: [message("1"), message("2")], before: null },
      { kind: "posted", message: message("4") },
      { kind: "posted", message: message("3") },
      { kind: "posted", message: message("4") },
    ]);
    expect(texts(state)).toEqual(["1", "2", "3", "4"]);
  });

  it("keeps what was read further back when it is told the end again", () => {
    const state = run([
      { kind: "snapshot", messages: [message("5"), message("6")], before: "5" },
      { kind: "older", messages: [message("3"), message("4")], before: "3" },
      { kind: "snapshot", messages: [message("6"), message("7")], before: "6" },
    ]);
    expect(texts(state)).toEqual(["3", "4", "5", "6", "7"]);
    expect(state.before).toBe("3");
  });

  it("begins anew where too much was missed", () => {
    const state = run([
      { kind: "snapshot", messages: [message("1")], before: null },
      { kind: "snapshot", messages: [message("8"), message("9")], before: "8" },
    ]);
    expect(texts(state)).toEqual(["8", "9"]);
    expect(state.before).toBe("8");
  });

  it("keeps what was written until the server has it", () => {
    const written = run([{ kind: "written", nonce: "n", text: "Bonjour", reply: null }]);
    expect(written.unsent).toEqual([{ nonce: "n", text: "Bonjour", reply: null, failed: false }]);
    const failed = say(written, { kind: "failed", nonce: "n" });
    expect(failed.unsent[0]?.failed).toBe(true);
    expect(say(failed, { kind: "posted", message: message("1", "n") }).unsent).toEqual([]);
    expect(say(failed, { kind: "snapshot", messages: [message("1", "n")], before: null }).unsent).toEqual([]);
    expect(say(failed, { kind: "dropped", nonce: "n" }).unsent).toEqual([]);
  });
});

describe("levelOf", () => {
  it("goes from silence to the loudest there is", () => {
    expect(levelOf(new Float32Array(16))).toBe(0);
    expect(levelOf(new Float32Array(16).fill(1))).toBe(1);
    expect(levelOf(new Float32Array(16).fill(0.1))).toBeCloseTo(2 / 3, 2);
    expect(levelOf(new Float32Array())).toBe(0);
  });
});
