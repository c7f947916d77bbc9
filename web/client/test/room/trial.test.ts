import { beforeAll, describe, expect, it } from "vitest";
import { only } from "../../src/room/media/trial";
import { type Findings, judgeTrial, report, rows } from "../../src/room/trial";

const found = (paths: Findings["paths"], carried: Partial<NonNullable<Findings["carried"]>> | null = {}): Findings => ({
  paths,
  carried: carried && { upBps: 1_500_000, downBps: 1_500_000, loss: 0, busy: false, ...carried },
});

describe("the verdict", () => {
  it.each([
    ["good", found({ udp: 0.02, tcp: 0.03 })],
    ["good", found({ udp: 0.02, tcp: null })],
    ["detour", found({ udp: null, tcp: 0.03 })],
    ["detour", found({ udp: null, tcp: null, relay: 0.05 })],
    ["narrow", found({ udp: 0.02 }, { upBps: 300_000 })],
    ["narrow", found({ udp: 0.02 }, { downBps: 100_000 })],
    ["busy", found({ udp: 0.02 }, { upBps: 300_000, busy: true })],
    ["good", found({ udp: 0.02 }, { busy: true })],
    ["unsteady", found({ udp: 0.02 }, { loss: 0.1, upBps: 300_000 })],
    ["far", found({ udp: 0.5, tcp: 0.6 })],
    ["nothing", found({ udp: null, tcp: null }, null)],
    ["nothing", found({ udp: 0.02 }, null)],
  ] as const)("is %s", (verdict, findings) => expect(judgeTrial(findings)).toBe(verdict));
});

describe("the report", () => {
  beforeAll(() => {
    document.documentElement.lang = "en";
  });

  it("says every way, what was measured and by which browser", () => {
    const text = report(found({ udp: null, tcp: 0.03 }, { loss: 0.02 }), new Date(0), "Browser/1", "mairie.example");
    for (const part of ["mairie.example", "UDP", "does not get through", "30 ms", "1.5 Mbit/s", "2 %", "Browser/1", "1970"]) expect(text).toContain(part);
  });

  it("marks what is bad", () => {
    expect(rows(found({ udp: null, tcp: 0.1 }, { upBps: 100 })).map(({ bad }) => bad)).toEqual([true, false, true, false, false]);
  });
});

describe("the ways", () => {
  const answer = ["v=0", "a=candidate:1 1 UDP 2130706431 192.0.2.1 5000 typ host", "a=candidate:2 1 tcp 1 192.0.2.1 5000 typ host tcptype passive", "a=end-of-candidates"].join("\r\n");

  it("are tried one at a time", () => {
    expect(only(answer, "udp")).not.toContain("tcptype");
    expect(only(answer, "tcp")).not.toContain("UDP");
    expect(only(answer, "relay")).toBe(only(answer, "udp"));
    expect(only(answer, "tcp")).toContain("a=end-of-candidates");
  });
});
