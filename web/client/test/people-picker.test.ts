import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import "../src/elements/people-picker";

const answer = (...names: string[]): Response =>
  new Response(JSON.stringify({ items: names.map((name) => ({ id: name, display_name: name, title: "" })) }), {
    headers: { "Content-Type": "application/json" },
  });
const field = (): HTMLInputElement => {
  const input = document.querySelector<HTMLInputElement>("[role=combobox]");
  if (!input) throw new Error("no field");
  return input;
};
const type = (words: string): void => {
  field().value = words;
  field().dispatchEvent(new Event("input", { bubbles: true }));
};
const press = (key: string): void => {
  field().dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
};
const chosen = (): string[] => [...document.querySelectorAll<HTMLInputElement>("input[type=hidden]")].map(({ value }) => value);

describe("choosing people", () => {
  beforeEach(async () => {
    vi.useFakeTimers();
    vi.stubGlobal("fetch", (path: string) => Promise.resolve(path.endsWith("=mar") ? answer("Martin") : answer("Durand")));
    document.body.innerHTML = '<hc-people-picker name="invitees" label="Invités" error="Non."></hc-people-picker>';
    await vi.advanceTimersByTimeAsync(0);
  });

  afterEach(() => {
    document.body.replaceChildren();
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  it("takes nobody who was found for other letters", async () => {
    type("mar");
    await vi.advanceTimersByTimeAsync(250);
    type("dur");
    press("Enter");
    await vi.advanceTimersByTimeAsync(0);
    expect(chosen()).toEqual([]);
    await vi.advanceTimersByTimeAsync(250);
    press("Enter");
    await vi.advanceTimersByTimeAsync(0);
    expect(chosen()).toEqual(["Durand"]);
  });

  it("ties what is wrong to the field", () => {
    const about = document.getElementById(field().getAttribute("aria-describedby") ?? "");
    expect([field().getAttribute("aria-invalid"), about?.textContent.trim()]).toEqual(["true", "Non."]);
  });
});
