import { beforeEach, describe, expect, it } from "vitest";
import { DeviceError, mapped, rememberDevice, rememberedDevice } from "../src/room/media/devices";
import { judge } from "../src/room/media/stats";

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
