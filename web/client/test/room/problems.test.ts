import { describe, expect, it } from "vitest";
import { browserOf } from "../../src/room/browser";
import { mapped } from "../../src/room/media";
import { problemWords } from "../../src/room/problems";

const AGENTS = {
  chromium: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
  firefox: "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
  safari: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15",
  "phone-safari": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/123.0 Mobile/15E148 Safari/604.1",
  phone: "Mozilla/5.0 (Android 14; Mobile; rv:128.0) Gecko/128.0 Firefox/128.0",
  other: "Lynx/2.9",
} as const;

describe("the browser", () => {
  it.each(Object.entries(AGENTS))("%s is known", (browser, agent) => expect(browserOf(agent)).toBe(browser));
});

describe("a missing permission", () => {
  it("is explained with what to click in each browser", () => {
    const all = Object.keys(AGENTS).map((browser) => problemWords("camera", "denied", browser as keyof typeof AGENTS));
    expect(new Set(all).size).toBe(all.length);
    expect(problemWords("microphone", "denied", "firefox")).toContain("crossed-out");
  });

  it("that the device refuses is told apart from one that the person refuses", () => {
    const refused = (message: string) => mapped(new DOMException(message, "NotAllowedError"), "camera").problem;
    expect(refused("Permission denied")).toBe("denied");
    expect(refused("Permission denied by system")).toBe("system");
    expect(mapped(new DOMException("Permission denied by user", "NotAllowedError"), "screen").problem).toBe("cancelled");
  });
});
