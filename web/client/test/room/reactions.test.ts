import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Reactions, saying } from "../../src/room/reactions";

describe("reactions", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    document.body.innerHTML = '<div id="announcements"></div>';
  });
  afterEach(() => vi.useRealTimers());

  const said = (): string[] => [...document.querySelectorAll("#announcements p")].map((line) => line.textContent);

  it("stand on the tile for four seconds, the last one of each", () => {
    const reactions = new Reactions(() => undefined);
    reactions.take("a", "heart", "Ana");
    vi.advanceTimersByTime(3000);
    reactions.take("a", "applause", "Ana");
    vi.advanceTimersByTime(3000);
    expect(reactions.shown.get("a")).toBe("applause");
    vi.advanceTimersByTime(1000);
    expect(reactions.shown.size).toBe(0);
  });

  it("are said together, however many come", () => {
    const reactions = new Reactions(() => undefined);
    for (let number = 0; number < 20; number++) reactions.take(`p${number}`, number % 2 ? "heart" : "applause", `P${number}`);
    vi.advanceTimersByTime(2000);
    expect(said()).toEqual(["20 people react: Applause, Heart"]);
    reactions.take("a", "heart", "Ana");
    reactions.close();
    vi.advanceTimersByTime(2000);
    expect(said()).toHaveLength(1);
  });

  it("are said with the name where one person reacts", () => {
    expect(saying([{ name: "Ana", reaction: "heart" }, { name: "Ana", reaction: "heart" }])).toBe("Ana reacts: Heart");
  });
});
