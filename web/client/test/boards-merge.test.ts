import { describe, expect, it } from "vitest";
import { type Content, changes, merge, mergeLines, taking, within } from "../src/boards/merge";
import { continued, marked } from "../src/elements/markdown-field";

const base: Content = { title: "Toiture", description: "un\ndeux\ntrois", start: null, due: null, assignees: ["a", "b"], units: [], labels: ["x"], members: [], hidden: false, values: { cost: "12", note: "vu" } };

describe("the board's own fields", () => {
  it("merges them one by one", () => {
    const mine = { ...base, values: { cost: "15", note: "vu" } };
    const theirs = { ...base, values: { cost: "12", note: "relu", day: "2026-12-24" } };
    const { merged, conflicts } = merge(base, mine, theirs);
    expect(conflicts).toEqual([]);
    expect(merged.values).toEqual({ cost: "15", note: "relu", day: "2026-12-24" });
  });

  it("shows side by side what both changed, an emptied one too", () => {
    const { conflicts } = merge(base, { ...base, values: { note: "vu" } }, { ...base, values: { cost: "20", note: "vu" } });
    expect(conflicts).toEqual(["values.cost"]);
  });

  it("sends what changed alone, and null for what is empty", () => {
    expect(changes({ ...base, values: { note: "vu", day: "2026-12-24" } }, base)).toEqual({ values: { cost: null, day: "2026-12-24" } });
    expect(changes(base, { ...base, values: { note: "vu", cost: "12" } })).toEqual({});
  });

  it("takes theirs where one gives way", () => {
    const theirs = { ...base, title: "Autre", values: { note: "relu" } };
    expect(taking({ ...base, due: "2026-12-01" }, theirs, ["title", "values.note"])).toEqual({ ...base, title: "Autre", due: "2026-12-01", values: { cost: "12", note: "relu" } });
    expect(within({ title: "A", values: { cost: "1", note: "b" } }, { values: { note: null } })).toEqual({ values: { note: "b" } });
  });

  it("ends the same whoever saves first, where nothing meets", () => {
    const parts: Partial<Content>[] = [{ title: "A" }, { due: "2026-12-01" }, { labels: ["x", "y"] }, { values: { ...base.values, cost: "1" } }, { values: { ...base.values, more: "n" } }];
    for (const a of parts) for (const b of parts) {
      const [mine, theirs] = [{ ...base, ...a }, { ...base, ...b }];
      expect(merge(base, mine, theirs).merged).toEqual(merge(base, theirs, mine).merged);
    }
  });
});

describe("a list that is written on", () => {
  it.each([
    ["- un", "- un\n- "],
    ["  * un", "  * un\n  * "],
    ["3. un", "3. un\n4. "],
    ["- [x] fait", "- [x] fait\n- [ ] "],
    ["> dit", "> dit\n> "],
    ["a\n- ", "a\n"],
  ])("%j", (text, wanted) => {
    expect(continued(text, text.length)?.text).toBe(wanted);
  });

  it("leaves other lines alone", () => {
    expect(continued("un", 2)).toBeUndefined();
  });
});

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
