import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Item } from "../src/files/list";

/** What the element does with a folder when its answers and its events come in an awkward order. */
interface Follower {
  onSnapshot: (state: unknown, rev: number) => void;
  onEvent: (event: { topic: string; rev: number; type: string; data: unknown }) => void;
  onGone: () => void;
}
let follower: Follower;
vi.mock("../src/realtime", () => ({
  realtime: () => ({
    subscribe: (_: string, given: Follower) => {
      follower = given;
      return () => undefined;
    },
    watch: () => () => undefined,
  }),
}));

const item = (id: string, more: Partial<Item> = {}): Item => ({
  id, kind: "file", space: "s", folder: null, name: id, size: 1, sha256: "", version: 1, media_type: "text/plain", icon: "file", scan: "clean",
  rev: 1, created_at: "2026-01-01T00:00:00Z", changed_at: "2026-01-01T00:00:00Z", changed_by: null, trashed_at: null, locked_by: null, locked_until: null, trashed_by: null, tags: [], comments: 0, has_thumb: false, ...more,
});
const json = (body: unknown, status = 200): Response =>
  new Response(JSON.stringify(body), { status, headers: { "Content-Type": status < 400 ? "application/json" : "application/problem+json" } });
const problem = (status: number): Response => json({ code: "x", title: "Non.", current: item("a", { name: "theirs", rev: 5 }) }, status);
const changedTo = (rev: number, ...items: Item[]): void => {
  follower.onEvent({ topic: "files:s", rev, type: "files.changed", data: { items } });
};
const settled = async (): Promise<void> => {
  await vi.advanceTimersByTimeAsync(0);
};
const rows = (): (string | undefined)[] => [...document.querySelectorAll("tbody tr th")].map((cell) => cell.textContent.trim());
const text = (): string => document.body.textContent;
const GONE = "This folder is no longer here";

let answers: (Response | Error | Promise<Response>)[];
let asked: string[];

beforeEach(async () => {
  vi.useFakeTimers();
  answers = [];
  asked = [];
  vi.stubGlobal("fetch", async (path: string, { method = "GET" }: RequestInit = {}) => {
    asked.push(`${method} ${path}`);
    const answer = await answers.shift();
    if (answer instanceof Error) throw answer;
    return answer ?? json({ items: [], next: null });
  });
  const state = { space: "s", folder: null, path: [], rev: 1, zone: "Europe/Paris", next: null, can_edit: true, can_manage: true, tags: [], favourites: [] };
  document.body.innerHTML = `<div id="toasts"></div><script type="application/json" id="files-state"></script>`;
  const script = document.getElementById("files-state");
  if (script) script.textContent = JSON.stringify({ ...state, items: [item("a"), item("b"), item("c")] });
  await import("../src/files/element");
  document.body.append(document.createElement("hc-files"));
  await settled();
});

afterEach(() => {
  document.body.replaceChildren();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("the list of a folder", () => {
  it("keeps what an event told while an older answer was on its way", async () => {
    let answer: (response: Response) => void = () => undefined;
    answers.push(new Promise((resolve) => { answer = resolve; }));
    follower.onSnapshot(null, 2);
    await settled();
    changedTo(3, item("a", { name: "new", rev: 2 }), item("b", { rev: 2, trashed_at: "now" }));
    answer(json({ items: [item("a"), item("b"), item("c")], next: null }));
    await settled();
    expect(rows()).toEqual(["c", "new"]);
    follower.onSnapshot(null, 3);
    await settled();
    expect(asked).toHaveLength(1);
  });

  it("is gone only when the server says so, and comes back with an answer", async () => {
    answers.push(problem(500), new TypeError("lost"), problem(404));
    follower.onSnapshot(null, 2);
    await settled();
    expect(text()).not.toContain(GONE);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(asked).toHaveLength(2);
    expect(text()).not.toContain(GONE);
    await vi.advanceTimersByTimeAsync(4_000);
    expect(text()).toContain(GONE);
    answers.push(json({ items: [item("d")], next: null }));
    changedTo(4);
    await settled();
    expect(text()).not.toContain(GONE);
    expect(rows()).toEqual(["d"]);
  });

  it("keeps the name that is being written, whoever renames the file meanwhile", async () => {
    const button = [...document.querySelectorAll("tr[data-id=a] .menu__item")].find((one) => one.textContent.trim() === "Rename");
    (button as HTMLElement).click();
    await settled();
    const input = document.querySelector<HTMLInputElement>(".files__rename input");
    if (!input) throw new Error("no field");
    input.value = "mine";
    changedTo(2, item("a", { name: "z", rev: 4 }));
    await settled();
    answers.push(problem(412));
    input.form?.requestSubmit();
    await settled();
    expect(document.querySelector(".files__rename input")).toBe(input);
    expect(input.value).toBe("mine");
    expect(text()).toContain("Non.");
    expect(input.closest("tr")?.dataset.id).toBe("a");
  });

  const press = async (selector: string): Promise<void> => {
    document.querySelector(selector)?.dispatchEvent(new KeyboardEvent("keydown", { key: "Delete", bubbles: true, cancelable: true }));
    await settled();
  };

  it("offers to undo those that went into the trash when the next is refused", async () => {
    document.querySelector<HTMLInputElement>("thead input")?.click();
    await settled();
    answers.push(new Response(null, { status: 204 }), problem(409));
    await press("tr[data-id=b] .files__check input");
    expect(asked).toEqual(["DELETE /api/v1/files/a", "DELETE /api/v1/files/b"]);
    expect(rows()).toEqual(["b", "c"]);
    const toasts = [...document.querySelectorAll(".toast")].map(({ textContent }) => textContent);
    expect(toasts).toEqual([expect.stringContaining("Non."), expect.stringContaining("“a” is in the trash.")]);
    answers.push(json(item("a", { rev: 3 })));
    [...document.querySelectorAll<HTMLElement>(".toast button")].find((button) => button.textContent === "Undo")?.click();
    await settled();
    expect(asked.at(-1)).toBe("POST /api/v1/files/a/restore");
    expect(rows()).toEqual(["a", "b", "c"]);
  });

  it("throws nothing away from the menu of a row", async () => {
    await press("tr[data-id=b] summary");
    expect(asked).toEqual([]);
    answers.push(new Response(null, { status: 204 }));
    await press("tr[data-id=b] .files__name a");
    expect(asked).toEqual(["DELETE /api/v1/files/b"]);
  });

  const key = async (selector: string, name: string, more: KeyboardEventInit = {}): Promise<void> => {
    document.querySelector(selector)?.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true, ...more }));
    await settled();
  };
  const selected = (): (string | undefined)[] => [...document.querySelectorAll<HTMLElement>("tr[aria-selected=true]")].map(({ dataset }) => dataset.id);
  const link = (id: string): string => `tr[data-id=${id}] .files__name a`;

  it("is walked through and selected by keyboard", async () => {
    await key(link("a"), "ArrowDown");
    expect(document.activeElement?.closest("tr")?.dataset.id).toBe("b");
    await key(link("b"), "ArrowDown", { shiftKey: true });
    expect(selected()).toEqual(["b", "c"]);
    await key(link("c"), " ");
    expect(selected()).toEqual(["b"]);
    await key(link("c"), "a", { ctrlKey: true });
    expect(selected()).toEqual(["a", "b", "c"]);
    await key(link("c"), "Escape");
    expect(selected()).toEqual([]);
    await key(link("c"), "Home");
    expect(document.activeElement?.closest("tr")?.dataset.id).toBe("a");
  });

  it("goes to the row that follows when one goes into the trash", async () => {
    document.querySelector<HTMLElement>(link("b"))?.focus();
    answers.push(new Response(null, { status: 204 }));
    await press(link("b"));
    await settled();
    expect(document.activeElement?.closest("tr")?.dataset.id).toBe("c");
  });

  it("is asked for again as far as it was loaded", async () => {
    answers.push(json({ items: [item("a"), item("b")], next: "/api/v1/spaces/s/files?after=b" }), json({ items: [item("d")], next: "/x?after=d" }));
    follower.onSnapshot(null, 2);
    await settled();
    await settled();
    expect(asked).toEqual(["GET /api/v1/spaces/s/files?", "GET /api/v1/spaces/s/files?after=b"]);
    expect(rows()).toEqual(["a", "b", "d"]);
    expect(text()).toContain("Show more files");
  });
});
