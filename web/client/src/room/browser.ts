/** Which browser this is, as far as where it asks for permissions: the words that help differ. */

export type Browser = "chromium" | "firefox" | "safari" | "phone-safari" | "phone" | "other";

export function browserOf(agent: string): Browser {
  if (/iPhone|iPad/.test(agent)) return "phone-safari"; // every browser there is Safari inside
  if (agent.includes("Android")) return "phone";
  if (agent.includes("Firefox/")) return "firefox";
  if (/Chrome\/|Chromium\//.test(agent)) return "chromium";
  return agent.includes("Safari/") ? "safari" : "other";
}
