import { beforeEach, describe, expect, it } from "vitest";
import { DeviceError, mapped, rememberDevice, rememberedDevice } from "../src/room/media/devices";
import { Hearing } from "../src/room/media/link";
import { judge, suffered } from "../src/room/media/stats";

const named = (name: string): Error => Object.assign(new Error("refused"), { name });

describe("what went wrong with a device", () => {
  it("names the browser's exceptions", () => {
    expect(mapped(named("NotAllowedError"), "camera").problem).toBe("denied");
    expect(mapped(named("NotFoundError"), "microphone").problem).toBe("none");
    expect(mapped(named("NotReadableError"), "camera").problem).toBe("busy");
    expect(mapped(named("OverconstrainedError"), "camera").problem).toBe("unsuitable");
    expect(mapped("nonsense", "camera").problem).toBe("failed");
  });

  it("takes a refused screen for a change of mind", () => {
    expect(mapped(named("NotAllowedError"), "screen").problem).toBe("cancelled");
  });

  it("keeps what is already named", () => {
    const error = new DeviceError("none", "camera");
    expect(mapped(error, "microphone")).toBe(error);
  });
});

describe("the remembered device", () => {
  beforeEach(() => {
    localStorage.clear();
  });

  it("is kept by kind", () => {
    rememberDevice("camera", "a");
    rememberDevice("microphone", "b");
    expect([rememberedDevice("camera"), rememberedDevice("microphone"), rememberedDevice("speaker")]).toEqual(["a", "b", null]);
  });
});

describe("the network indicator", () => {
  it("falls with loss, delay and a lost connection", () => {
    expect(judge("connected", 0, 0.02)).toBe(3);
    expect(judge("connected", 0, null)).toBe(3);
    expect(judge("connected", 0.05, 0.02)).toBe(2);
    expect(judge("connected", 0, 0.3)).toBe(2);
    expect(judge("connected", 0.2, 0.02)).toBe(1);
    expect(judge("disconnected", 0, 0.02)).toBe(0);
  });
});

describe("what a browser reports", () => {
  const totals = { at: 0, down: 0, up: 0, received: 0, lost: 0, freezes: 2, frozen: 1, samples: 48_000, concealed: 480 };

  it("is what came since the last reading", () => {
    const now = { ...totals, freezes: 3, frozen: 1.5, samples: 96_000, concealed: 5280 };
    expect(suffered(totals, now)).toEqual({ freezes: 1, frozen: 0.5, concealed: 0.1 });
    expect(suffered(totals, totals)).toEqual({ freezes: 0, frozen: 0, concealed: 0 });
  });

  it("begins anew with another connection", () => {
    expect(suffered(totals, { ...totals, freezes: 1, frozen: 0.2, samples: 100, concealed: 0 })).toMatchObject({ freezes: 1, concealed: 0 });
  });
});

describe("a path that falls silent", () => {
  const heardUntil = (end: number, every: number): Hearing => {
    const hearing = new Hearing();
    for (let at = 0; at <= end; at += 300) hearing.take(Math.floor(at / every), at);
    return hearing;
  };

  it("is noticed after a second where it was heard of evenly, and told once", () => {
    const hearing = heardUntil(9000, 300);
    expect(hearing.take(30, 9900)).toBe("nothing");
    expect(hearing.take(30, 10_200)).toBe("silence");
    expect(hearing.take(30, 20_000)).toBe("nothing");
    expect(hearing.take(31, 20_300)).toBe("something");
  });

  it("is given time where little is heard of it, or nothing is known", () => {
    expect(heardUntil(30_000, 2500).take(12, 33_000)).toBe("nothing");
    expect(heardUntil(0, 300).take(0, 5000)).toBe("nothing");
  });
});
