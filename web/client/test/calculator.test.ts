import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { upgradeCalculators } from "../src/council/calculator";

const PAGE = (answer: string, rows = 1, method = "get"): string => `
  <form data-calculator action="/council/calculators/quorum#answer" method="${method}">
    <input name="present" value="3"><input name="method" value="highest_remainder">
    <fieldset class="calculator__rows">${'<div class="calculator__row"><input name="name"></div>'.repeat(rows)}
      <button name="add" value="1">+</button>
    </fieldset>
  </form>
  <section id="answer"><p data-say>${answer}</p></section>
  <div id="announcements"></div>`;

const settle = (): Promise<void> => vi.advanceTimersByTimeAsync(400).then(() => undefined);
const answers = (html: string): Response => new Response(html, { headers: { "Content-Type": "text/html; charset=utf-8" } });
const say = (): string | undefined => document.querySelector("#answer [data-say]")?.textContent;

describe("a calculator", () => {
  const fetched = vi.fn<(url: string, options: RequestInit) => Promise<Response>>();
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("fetch", fetched);
    document.body.innerHTML = PAGE("Not reached");
    upgradeCalculators(document);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
    fetched.mockReset();
  });
  const type = (value: string): void => {
    const input = document.querySelector("input");
    if (!input) throw new Error("no field");
    input.value = value;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  };

  it("asks once what was typed in one go, shows the answer and says it", async () => {
    fetched.mockResolvedValue(answers(PAGE("Reached")));
    type("1");
    type("12");
    await settle();
    expect(fetched).toHaveBeenCalledOnce();
    expect(fetched.mock.calls[0]?.[0]).toContain("present=12");
    expect(say()).toBe("Reached");
    expect(document.getElementById("announcements")?.textContent).toBe("Reached");
  });

  it("puts in no address what its form sends", async () => {
    document.body.innerHTML = PAGE("Not reached", 1, "post");
    upgradeCalculators(document);
    fetched.mockResolvedValue(answers(PAGE("Reached")));
    type("12");
    await settle();
    const [url, options] = fetched.mock.calls[0] ?? [];
    expect(url).toBe("/council/calculators/quorum");
    expect(options?.method).toBe("POST");
    expect((options?.body as URLSearchParams).get("present")).toBe("12");
  });

  it("keeps the answer that stands there when none comes", async () => {
    fetched.mockRejectedValue(new TypeError("no network"));
    type("12");
    await settle();
    expect(say()).toBe("Not reached");
  });

  it("adds a row and goes into it", async () => {
    fetched.mockResolvedValue(answers(PAGE("Not reached", 2)));
    document.querySelector<HTMLButtonElement>("button[name=add]")?.click();
    await settle();
    const rows = document.querySelectorAll(".calculator__row");
    expect(rows).toHaveLength(2);
    expect(document.activeElement).toBe(rows[1]?.querySelector("input"));
  });
});
