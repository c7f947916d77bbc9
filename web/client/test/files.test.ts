import { beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError, NetworkError } from "../src/api";
import { type FolderState, type Item, changed, merged, sameName, sorted, takesAway } from "../src/files/list";
import { type Conflict, type Sending, Uploads, wordsOf } from "../src/files/uploads";
import { listUnfinished, remember } from "../src/files/unfinished";
import { momentOf, sizeOf } from "../src/files/words";

const item = (name: string, more: Partial<Item> = {}): Item => ({
  id: name, kind: "file", space: "s", folder: null, name, size: 1, sha256: "", version: 1, media_type: "text/plain", icon: "file", scan: "clean",
  rev: 1, created_at: "", changed_at: "", changed_by: null, trashed_at: null, locked_by: null, locked_until: null, trashed_by: null, tags: [], comments: 0, has_thumb: false, ...more,
});
const state = (...items: Item[]): FolderState => ({
  space: "s", folder: null, path: [], rev: 1, zone: "Europe/Paris", items, next: null, can_edit: true, can_manage: true, tags: [], favourites: [],
});
const names = (items: readonly Item[]): string[] => items.map(({ name }) => name);

describe("a folder's list", () => {
  it("has folders first, numbers by value, copies behind their original", () => {
    const list = ["b.txt", "plan (2).pdf", "Annexe 10", "plan.pdf", "annexe 2", "Élan"].map((name) => item(name));
    const order = names(sorted([...list, item("Zone", { kind: "folder" })], "fr"));
    expect(order).toEqual(["Zone", "annexe 2", "Annexe 10", "b.txt", "Élan", "plan.pdf", "plan (2).pdf"]);
  });

  it("takes in what is here and leaves out what is not", () => {
    const before = state(item("a"), item("b"), item("c"));
    expect(names(changed(before, [item("d")]))).toEqual(["a", "b", "c", "d"]);
    expect(names(changed(before, [item("b", { rev: 2, folder: "elsewhere" })]))).toEqual(["a", "c"]);
    expect(names(changed(before, [item("c", { rev: 2, trashed_at: "now" })]))).toEqual(["a", "b"]);
    expect(names(changed(before, [item("new", { id: "a", rev: 2 })]))).toEqual(["new", "b", "c"]);
  });

  it("does not go back to what it knew before", () => {
    expect(names(changed(state(item("new", { id: "a", rev: 3 })), [item("old", { id: "a", rev: 2 })]))).toEqual(["new"]);
  });

  it("takes nothing back for an answer older than what became known", () => {
    const own = item("mine", { id: "a", rev: 3 });
    const answer = [item("old", { id: "a", rev: 2 }), item("b"), item("c")];
    expect(names(merged(state(own, item("z")), answer, [item("b", { rev: 2, trashed_at: "now" })]))).toEqual(["mine", "c"]);
  });

  it("knows when it has gone itself", () => {
    const inside = { ...state(), folder: "f", path: ["e", "f"] };
    expect(takesAway(inside, [item("e", { trashed_at: "now" })])).toBe(true);
    expect(takesAway(inside, [item("e"), item("x", { trashed_at: "now" })])).toBe(false);
  });

  it("takes names for the same whatever their case and form", () => {
    expect(sameName("Été.PDF", "e\u0301te\u0301.pdf")).toBe(true);
    expect(sameName("été", "ete")).toBe(false);
  });
});

describe("uploads", () => {
  let calls: { sending: Sending; conflict: Conflict; progress: (sent: number) => void; signal: AbortSignal; resolve: (item: Item) => void; reject: (error: unknown) => void }[];
  let done: string[];
  let forgotten: (string | undefined)[];
  const make = (taken: (name: string) => string | undefined = () => undefined): Uploads =>
    new Uploads(
      {
        send: (sending, conflict, progress, signal) =>
          new Promise((resolve, reject) => calls.push({ sending, conflict, progress, signal, resolve, reject })),
        forget: ({ address }) => forgotten.push(address),
      },
      taken,
      vi.fn(),
      ({ name }) => done.push(name),
    );
  const files = (...list: string[]): File[] => list.map((name) => new File(["12345"], name));
  const stages = (uploads: Uploads): string[] => uploads.list.map(({ stage }) => stage);
  const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

  beforeEach(() => {
    calls = [];
    done = [];
    forgotten = [];
    localStorage.clear();
    vi.unstubAllGlobals();
  });

  it("go two at once, and the next when one has ended", async () => {
    const uploads = make();
    uploads.add(files("a", "b", "c"), null);
    expect(stages(uploads)).toEqual(["sending", "sending", "waiting"]);
    expect(uploads.busy).toBe(true);
    calls[0]?.progress(2);
    expect(uploads.list[0]?.sent).toBe(2);
    calls[0]?.progress(5);
    expect(stages(uploads)[0]).toBe("saving");
    calls[0]?.resolve(item("a"));
    await settled();
    expect(stages(uploads)).toEqual(["done", "sending", "sending"]);
    expect(done).toEqual(["a"]);
    for (const { resolve, sending } of calls.slice(1)) resolve(item(sending.file.name));
    await settled();
    expect(uploads.busy).toBe(false);
    uploads.clear();
    expect(uploads.list).toEqual([]);
  });

  it("ask before sending what is known to be taken", () => {
    const uploads = make((name) => (name === "a" ? "folder" : undefined));
    uploads.add(files("a"), null);
    expect(stages(uploads)).toEqual(["asking"]);
    expect(uploads.list[0]?.versionable).toBe(false);
    expect(calls).toEqual([]);
  });

  it("ask when the server says that the name is taken, and send again as answered", async () => {
    const uploads = make();
    uploads.add(files("a"), null);
    calls[0]?.reject(new ApiError(409, { code: "files.name_taken", title: "", existing: { kind: "file" } } as never));
    await settled();
    const [first] = uploads.list;
    expect([first?.stage, first?.versionable]).toEqual(["asking", true]);
    if (first) uploads.answer(first, "version");
    expect(calls[1]?.conflict).toBe("version");
  });

  it("are tried again as they were answered", async () => {
    const uploads = make(() => "file");
    uploads.add(files("a"), null);
    const [first] = uploads.list;
    if (first) uploads.answer(first, "version");
    calls[0]?.reject(new NetworkError(""));
    await settled();
    if (first) uploads.again(first);
    expect(calls.map(({ conflict }) => conflict)).toEqual(["version", "version"]);
  });

  it("say why they failed, and can be tried again", async () => {
    const uploads = make();
    uploads.add(files("a", "b"), null);
    calls[0]?.reject(new ApiError(422, { code: "x", title: "Non.", errors: { name: "Trop long." } }));
    calls[1]?.reject(new NetworkError(""));
    await settled();
    expect(uploads.list.map(({ words }) => words)).toEqual(["Non. Trop long.", "The server does not answer. This file was not sent."]);
    const [first] = uploads.list;
    if (first) uploads.again(first);
    expect(stages(uploads)).toEqual(["sending", "failed"]);
  });

  it("stop at once and give their place to the next", async () => {
    const uploads = make();
    uploads.add(files("a", "b", "c"), null);
    const [first] = uploads.list;
    if (first) uploads.drop(first);
    expect(calls[0]?.signal.aborted).toBe(true);
    calls[0]?.reject(new DOMException("aborted", "AbortError"));
    await settled();
    expect(stages(uploads)).toEqual(["sending", "sending"]);
  });

  it("are paused without losing what has arrived, and go on where they were", async () => {
    const uploads = make();
    uploads.add(files("a"), null);
    const [first] = uploads.list;
    if (!first) throw new Error("nothing is sent");
    first.address = "/u/1";
    calls[0]?.progress(3);
    uploads.pause(first);
    calls[0]?.reject(new DOMException("aborted", "AbortError"));
    calls[0]?.progress(4); // an event that was under way
    await settled();
    expect([first.stage, uploads.busy, forgotten]).toEqual(["paused", false, []]);
    uploads.goOn(first);
    expect([first.stage, calls.length]).toEqual(["sending", 2]);
    uploads.drop(first);
    expect(forgotten).toEqual(["/u/1"]);
  });

  describe("of an earlier page", () => {
    const before = { address: "/u/1", name: "a", size: 5, modified: 7, folder: null, conflict: "rename" } as const;
    const answer = (status: number, body: unknown): void => {
      const type = status < 400 ? "application/json" : "application/problem+json";
      vi.stubGlobal("fetch", () => Promise.resolve(new Response(JSON.stringify(body), { status, headers: { "Content-Type": type } })));
    };
    const chosen = (name = "a", lastModified = 7): File => new File(["12345"], name, { lastModified });

    beforeEach(() => {
      remember("s", before);
    });

    it("wait for their file and go on when it is chosen, and for no other", async () => {
      answer(200, { offset: 3, file: null });
      const uploads = make();
      await uploads.recall("s");
      const [first] = uploads.list;
      if (!first) throw new Error("nothing is recalled");
      expect([first.stage, first.sent, first.address]).toEqual(["paused", 3, "/u/1"]);
      uploads.goOn(first, chosen("a", 8));
      expect([first.stage, first.words !== ""]).toEqual(["paused", true]);
      uploads.goOn(first, chosen());
      expect([first.stage, first.words, calls[0]?.conflict]).toEqual(["sending", "", "rename"]);
    });

    it("go on when their file is dropped again", async () => {
      answer(200, { offset: 3, file: null });
      const uploads = make();
      await uploads.recall("s");
      uploads.add([chosen(), chosen("b")], null);
      expect(calls.map(({ sending }) => sending.address)).toEqual(["/u/1", undefined]);
    });

    it("are forgotten when they ended or are gone, and kept when nobody answers", async () => {
      const uploads = make();
      vi.stubGlobal("fetch", () => Promise.reject(new TypeError("no network")));
      await uploads.recall("s");
      expect([stages(uploads), listUnfinished("s").length]).toEqual([["paused"], 1]);
      answer(404, { code: "not_found", title: "" });
      await make().recall("s");
      expect(listUnfinished("s")).toEqual([]);
      remember("s", before);
      answer(200, { offset: 5, file: "f" });
      await make().recall("s");
      expect(listUnfinished("s")).toEqual([]);
    });

    it("are asked about when all is there and the name was taken meanwhile", async () => {
      answer(409, { code: "files.name_taken", title: "", existing: { kind: "file" } });
      const uploads = make();
      await uploads.recall("s");
      const [first] = uploads.list;
      expect([first?.stage, first?.versionable]).toEqual(["asking", true]);
      if (first) uploads.answer(first, "version");
      expect([calls[0]?.sending.address, calls[0]?.conflict]).toEqual(["/u/1", "version"]);
    });
  });
});

describe("words", () => {
  beforeEach(() => {
    document.documentElement.lang = "fr";
  });

  it("of sizes", () => {
    expect(sizeOf(0)).toMatch(/^0\soctet$/);
    expect(sizeOf(812)).toMatch(/^812\soctets$/);
    expect(sizeOf(1_234_567)).toMatch(/^1,2\sMo$/);
    expect(sizeOf(48_200)).toMatch(/^48\sko$/);
  });

  it("of times, in the zone of the place", () => {
    const now = new Date("2026-11-23T23:30:00Z");
    expect(momentOf("2026-11-23T23:05:00Z", "Europe/Paris", now)).toBe("aujourd’hui à 0\u00a0h\u00a005");
    expect(momentOf("2026-11-23T22:05:00Z", "Europe/Paris", now)).toBe("hier à 23\u00a0h\u00a005");
    expect(momentOf("2026-11-12T12:00:00Z", "Europe/Paris", now)).toBe("12 nov.");
    expect(momentOf("2025-11-12T12:00:00Z", "Europe/Paris", now)).toBe("12 nov. 2025");
  });

  it("of times in English, as the server writes them", () => {
    document.documentElement.lang = "en";
    const now = new Date("2026-11-23T23:30:00Z");
    expect(momentOf("2026-11-23T23:05:00Z", "Europe/Paris", now)).toBe("today at 00:05");
    expect(momentOf("2026-11-12T12:00:00Z", "Europe/Paris", now)).toBe("12 Nov");
  });

  it("of problems, with the reason of each field", () => {
    expect(wordsOf(new ApiError(422, { code: "x", title: "A.", errors: { name: "B.", folder: "C." } }))).toBe("A. B. C.");
  });
});
