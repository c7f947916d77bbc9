import { describe, expect, it } from "vitest";
import { type Content, changes, merge, mergeLines } from "../src/boards/merge";
import { marked } from "../src/elements/markdown-field";

const base: Content = { title: "Toiture", description: "un\ndeux\ntrois", start: null, due: null, assignees: ["a", "b"], units: [], labels: ["x"], members: [], hidden: false };

describe("merging a card", () => {
  it("brings different fields together", () => {
    const { merged, conflicts } = merge(base, { ...base, title: "Toiture nord" }, { ...base, due: "2026-12-01" });
    expect(conflicts).toEqual([]);
    expect(merged).toEqual({ ...base, title: "Toiture nord", due: "2026-12-01" });
  });

  it("adds and takes off people one by one", () => {
    const { merged } = merge(base, { ...base, assignees: ["b", "c"] }, { ...base, assignees: ["a", "b", "d"] });
    expect([...merged.assignees].sort()).toEqual(["b", "c", "d"]);
  });

  it("asks when both changed one field, each in their way", () => {
    expect(merge(base, { ...base, title: "A" }, { ...base, title: "B" }).conflicts).toEqual(["title"]);
    expect(merge(base, { ...base, title: "A" }, { ...base, title: "A" }).conflicts).toEqual([]);
    expect(merge(base, { ...base, due: "2026-01-01" }, { ...base, due: "2026-01-02" }).conflicts).toEqual(["due"]);
  });

  it("does not take another order of people for a change", () => {
    expect(changes({ ...base, assignees: ["b", "a"] }, base)).toEqual({});
    expect(changes({ ...base, due: "2026-01-01" }, base)).toEqual({ due: "2026-01-01" });
  });
});

describe("merging lines", () => {
  it.each([
    ["un\ndeux\ntrois", "UN\ndeux\ntrois", "un\ndeux\nTROIS", "UN\ndeux\nTROIS"],
    ["un\ndeux", "zéro\nun\ndeux", "un\ndeux\ntrois", "zéro\nun\ndeux\ntrois"],
    ["a\nb\nc\nd", "a\nc\nd", "a\nb\nc\nd\ne", "a\nc\nd\ne"],
    ["", "moi", "", "moi"],
    ["a", "a", "", ""],
    ["a\nb", "a\nx\nb", "a\nx\nb", "a\nx\nb"],
  ])("%j + %j + %j", (was, mine, theirs, expected) => {
    expect(mergeLines(was, mine, theirs)).toBe(expected);
    expect(mergeLines(was, theirs, mine)).toBe(expected);
  });

  it("drops nothing where both wrote: it asks", () => {
    expect(mergeLines("a\nb\nc", "a\nX\nc", "a\nY\nc")).toBeNull();
    expect(mergeLines("", "moi", "toi")).toBeNull();
  });

  it("keeps every line that one of the two added, for any two insertions apart", () => {
    const lines = Array.from({ length: 12 }, (_, index) => `ligne ${index}`);
    for (let i = 0; i < lines.length; i++)
      for (let j = 0; j < lines.length; j++) {
        if (Math.abs(i - j) < 2) continue;
        const mine = [...lines.slice(0, i), "moi", ...lines.slice(i)].join("\n");
        const theirs = [...lines.slice(0, j), "toi", ...lines.slice(j)].join("\n");
        const merged = mergeLines(lines.join("\n"), mine, theirs)?.split("\n") ?? [];
        expect(merged.filter((line) => !["moi", "toi"].includes(line))).toEqual(lines);
        expect(merged).toHaveLength(lines.length + 2);
      }
  });
});

describe("marks", () => {
  const mark = { icon: "bold", words: "", around: ["**", "**"] } as const;
  it("go around what is chosen, and in front of its lines", () => {
    expect(marked("un mot", 3, 6, mark)).toEqual({ text: "un **mot**", from: 5, to: 8 });
    expect(marked("un\ndeux", 0, 7, { icon: "list", words: "", front: "- " }).text).toBe("- un\n- deux");
    expect(marked("un\ndeux", 4, 4, { icon: "list", words: "", front: "- " }).text).toBe("un\n- deux");
  });
});
