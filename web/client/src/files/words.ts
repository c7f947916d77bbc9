/** Sizes and times of the file list in the words of the page's language. */
import { language, locale } from "../i18n";

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
const DAY_MS = 86_400_000;

/** « 1,2 Mo » */
export function sizeOf(bytes: number): string {
  let power = 0;
  while (bytes >= 1000 ** (power + 1) && power < UNITS.length - 1) power += 1;
  const value = bytes / 1000 ** power;
  return new Intl.NumberFormat(locale(), {
    style: "unit",
    unit: UNITS[power] ?? "byte",
    unitDisplay: power === 0 ? "long" : "short",
    maximumFractionDigits: power > 0 && value < 10 ? 1 : 0,
  }).format(value);
}

/** « aujourd’hui à 18 h 30 », « hier à 9 h 05 », « 12 nov. », « 12 nov. 2025 », in the time zone of the place. */
export function momentOf(value: string, timeZone: string, now = new Date()): string {
  const at = new Date(value);
  const lang = language();
  const day = new Intl.DateTimeFormat("en-CA", { timeZone, dateStyle: "short" });
  const days = Math.round((Date.parse(day.format(at)) - Date.parse(day.format(now))) / DAY_MS);
  if (days === 0 || days === -1) {
    const word = new Intl.RelativeTimeFormat(locale(), { numeric: "auto" }).format(days, "day");
    const hour = lang === "fr" ? "numeric" : "2-digit";
    const clock = new Intl.DateTimeFormat(locale(), { timeZone, hour, minute: "2-digit" }).format(at);
    return lang === "fr" ? `${word} à ${clock.replace(":", "\u00a0h\u00a0")}` : `${word} at ${clock}`;
  }
  const year = day.format(at).slice(0, 4) === day.format(now).slice(0, 4) ? {} : ({ year: "numeric" } as const);
  return new Intl.DateTimeFormat(locale(), { timeZone, day: "numeric", month: "short", ...year }).format(at);
}
