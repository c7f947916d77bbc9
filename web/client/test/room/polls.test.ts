import { describe, expect, it } from "vitest";
import { type Poll, type PollShown, put } from "../../src/room/polls";

const shown = (id: string, more: Partial<PollShown> = {}): PollShown => ({
  id, question: "Jeudi ?", options: [], anonymous: false, live: false, multiple: false, author_name: "Camille",
  created_at: "2026-11-26T18:30:00Z", closes_at: null, closed: false, voters: 0, ...more,
});

describe("polls", () => {
  it("stand newest first, each once", () => {
    const list = [shown("1"), shown("2"), shown("1", { voters: 3 })].reduce<Poll[]>((polls, one) => put(polls, one), []);
    expect(list.map(({ id, voters }) => [id, voters])).toEqual([["2", 0], ["1", 3]]);
  });

  it("keep what one has voted when the news is for everybody", () => {
    const mine = put([], { ...shown("1"), voted: true, mine: [1] });
    expect(put(mine, shown("1", { voters: 5 }))[0]).toMatchObject({ voted: true, mine: [1], voters: 5 });
  });
});
