/** What a trial of the connection means, pure: the verdict, what to do about it, and the report to pass on. */
import { locale, t } from "../i18n";
import type { Carried, PathKind, Paths } from "./media/trial";

export interface Findings {
  readonly paths: Paths;
  /** Null where no connection came about. */
  readonly carried: Carried | null;
}

export type Verdict = "good" | "detour" | "narrow" | "busy" | "unsteady" | "far" | "nothing";

/** From here on a camera can be sent, and several received; above it nobody notices more. */
const ENOUGH_BPS = 700_000;
const FAR_SECONDS = 0.3;
const UNSTEADY = 0.05;

export function judgeTrial({ paths, carried }: Findings): Verdict {
  const times = Object.values(paths).filter((time) => time !== null);
  if (times.length === 0 || carried === null) return "nothing";
  if (carried.loss > UNSTEADY) return "unsteady";
  if (carried.upBps < ENOUGH_BPS || carried.downBps < ENOUGH_BPS) return carried.busy ? "busy" : "narrow";
  if (Math.min(...times) > FAR_SECONDS) return "far";
  return paths.udp === null ? "detour" : "good";
}

export function verdictWords(verdict: Verdict): string {
  switch (verdict) {
    case "good":
      return t("Your connection is good for a meeting with sound and pictures.");
    case "detour":
      return t("The meeting works, but this network lets no UDP through: sound and pictures take a slower way and may stand still at times.");
    case "narrow":
      return t("Your line is narrow: sound comes first, pictures will be small or missing. A cable, or fewer other uses of the line, helps.");
    case "busy":
      return t("This computer is too busy to tell what the line carries. Close other programs, then try again.");
    case "unsteady":
      return t("Part of what is sent is lost on the way: sound may break up. A cable helps, or a place nearer to the wireless router.");
    case "far":
      return t("What is said arrives late. Leave a pause before you answer; a VPN that is switched off may help.");
    case "nothing":
      return t("Sound and pictures do not get through from this network. Try another network, or pass the report below to those who look after this one.");
  }
}

export const isFine = (verdict: Verdict): boolean => verdict === "good";

export function pathName(kind: PathKind): string {
  switch (kind) {
    case "udp":
      return t("Direct way (UDP)");
    case "tcp":
      return t("Way around a firewall (TCP)");
    case "relay":
      return t("Way over a relay (TURN)");
  }
}

const number = (value: number, digits: number): string => new Intl.NumberFormat(locale(), { maximumFractionDigits: digits }).format(value);
export const megabits = (bps: number): string => t("%(count)s Mbit/s", { count: number(bps / 1e6, 1) });
export const pathWords = (time: number | null): string =>
  time === null ? t("does not get through") : t("gets through, %(count)s ms", { count: number(time * 1000, 0) });

/** Everything in lines, for somebody who was not there: name and value. */
export function rows({ paths, carried }: Findings): { name: string; value: string; bad: boolean }[] {
  const ways = (Object.entries(paths) as [PathKind, number | null][]).map(([kind, time]) => ({
    name: pathName(kind),
    value: pathWords(time),
    bad: time === null,
  }));
  if (!carried) return ways;
  const rate = (name: string, bps: number) => ({ name, value: megabits(bps), bad: bps < ENOUGH_BPS });
  return [
    ...ways,
    rate(t("Sends"), carried.upBps),
    rate(t("Receives"), carried.downBps),
    { name: t("Lost on the way"), value: `${number(carried.loss * 100, 1)} %`, bad: carried.loss > UNSTEADY },
  ];
}

export function report(findings: Findings, at: Date, browser: string, server: string): string {
  const when = new Intl.DateTimeFormat(locale(), { dateStyle: "long", timeStyle: "long" }).format(at);
  return [
    t("Trial of the connection to %(server)s", { server }),
    when,
    verdictWords(judgeTrial(findings)),
    ...rows(findings).map(({ name, value }) => `${name} : ${value}`),
    browser,
  ].join("\n");
}
