import { afterEach, describe, expect, it, vi } from "vitest";
import { ApiError, BusyError, NetworkError, StaleError, api, request, wordsFor } from "../src/api";

function answer(status: number, body?: unknown, headers: Record<string, string> = {}): ReturnType<typeof vi.fn> {
  const type = status < 400 ? "application/json" : "application/problem+json";
  const text = body === undefined ? null : JSON.stringify(body);
  const fetch = vi.fn(() => Promise.resolve(new Response(text, { status, headers: { "Content-Type": type, ...headers } })));
  vi.stubGlobal("fetch", fetch);
  return fetch;
}

const failureOf = (promise: Promise<unknown>): Promise<unknown> => promise.then(() => undefined, (error: unknown) => error);

describe("the API", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it("sends JSON with the version it is based on, and gives back data and ETag", async () => {
    const fetch = answer(200, { id: "1" }, { ETag: '"8"' });
    const reply = await api.patch<{ id: string }>("/api/v1/cards/1", { title: "Devis" }, { ifMatch: '"7"' });
    expect(reply).toEqual({ data: { id: "1" }, etag: '"8"', status: 200 });
    const [path, init] = fetch.mock.calls[0] as unknown as [string, RequestInit & { headers: Headers }];
    expect([path, init.method, init.body]).toEqual(["/api/v1/cards/1", "PATCH", '{"title":"Devis"}']);
    expect(init.headers.get("If-Match")).toBe('"7"');
    expect(init.headers.get("Content-Type")).toBe("application/json");
  });

  it("reads a list to its end", async () => {
    const parts = [{ items: [1, 2], next: "/x?after=2" }, { items: [3], next: null }];
    const fetch = vi.fn(() => Promise.resolve(new Response(JSON.stringify(parts.shift()), { status: 200 })));
    vi.stubGlobal("fetch", fetch);
    expect(await api.all<number>("/x")).toEqual([1, 2, 3]);
    expect(fetch.mock.calls.map(([path]: unknown[]) => path)).toEqual(["/x", "/x?after=2"]);
  });

  it("takes an empty answer for what it is", async () => {
    answer(204);
    expect(await failureOf(api.delete("/api/v1/cards/1"))).toBeUndefined();
  });

  it("turns a problem into an error with its code and fields", async () => {
    answer(422, { code: "invalid", title: "Refusé.", errors: { title: "Nécessaire." }, request_id: "r1" });
    const error = (await failureOf(api.post("/x", {}))) as ApiError;
    expect(error).toBeInstanceOf(ApiError);
    expect([error.status, error.code, error.message, error.requestId]).toEqual([422, "invalid", "Refusé.", "r1"]);
    expect(error.errors).toEqual({ title: "Nécessaire." });
    expect(wordsFor(error)).toBe("Refusé.");
  });

  it("keeps both versions of a stale change", async () => {
    answer(412, { code: "stale_revision", title: "Modifié.", current: { title: "A" }, yours: { title: "B" } });
    const error = (await failureOf(request("PATCH", "/x", {}))) as StaleError;
    expect(error).toBeInstanceOf(StaleError);
    expect(error.body).toMatchObject({ current: { title: "A" }, yours: { title: "B" } });
  });

  it("says how long to wait", async () => {
    answer(429, { code: "too_many", title: "Attendez." }, { "Retry-After": "12" });
    const error = (await failureOf(api.get("/x"))) as BusyError;
    expect(error).toBeInstanceOf(BusyError);
    expect(error.retryAfter).toBe(12);
  });

  it("has words for an answer that is no problem document, and for what it does not know", async () => {
    vi.stubGlobal("fetch", () => Promise.resolve(new Response("<h1>Bad gateway</h1>", { status: 502 })));
    const error = (await failureOf(api.get("/x"))) as ApiError;
    expect(error.code).toBe("http.502");
    expect(error.message).not.toContain("<");
    expect(wordsFor(new TypeError("x is undefined"))).not.toContain("undefined");
  });

  it("tells a lost network from a request that was given up", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
    expect(await failureOf(api.get("/x"))).toBeInstanceOf(NetworkError);
    const controller = new AbortController();
    controller.abort();
    const error = await failureOf(api.get("/x", { signal: controller.signal }));
    expect(error).not.toBeInstanceOf(NetworkError);
  });
});
