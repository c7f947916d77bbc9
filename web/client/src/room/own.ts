/**
 * One's own camera and microphone, from the door to the end: opened, exchanged, closed, and what went wrong with them.
 * A camera that is off is closed, so that its light goes out; a microphone that is off stays open but sends nothing.
 */
import {
  DeviceError,
  type DeviceKind,
  type Device,
  type DeviceProblem,
  listDevices,
  openCamera,
  openMicrophone,
  rememberDevice,
  rememberedDevice,
  watchDevices,
} from "./media";

export type Sendable = "camera" | "microphone";

export interface Owned {
  readonly devices: Readonly<Record<DeviceKind, readonly Device[]>>;
  readonly chosen: Readonly<Record<DeviceKind, string>>;
  readonly camera: MediaStreamTrack | null;
  readonly microphone: MediaStreamTrack | null;
  readonly problems: Readonly<Partial<Record<Sendable, DeviceProblem>>>;
}

export class OwnDevices {
  private owned: Owned = {
    devices: { camera: [], microphone: [], speaker: [] },
    chosen: { camera: "", microphone: "", speaker: rememberedDevice("speaker") ?? "" },
    camera: null,
    microphone: null,
    problems: {},
  };
  private readonly unwatch: () => void;
  private closed = false;

  constructor(
    private readonly changed: (owned: Owned) => void,
    /** A device is gone that was open; its name. */
    private readonly lost: (kind: Sendable, label: string) => void = () => undefined,
  ) {
    this.unwatch = watchDevices(() => void this.list());
  }

  get now(): Owned {
    return this.owned;
  }

  /** Open a device: the given one, else the one remembered. True when there is one now. */
  async open(kind: Sendable, id?: string): Promise<boolean> {
    const open = kind === "camera" ? openCamera : openMicrophone;
    try {
      const track = await (id === undefined ? open() : open(id));
      if (this.closed) {
        track.stop();
        return false;
      }
      if (id !== undefined) rememberDevice(kind, id);
      this.owned[kind]?.stop();
      const chosen = track.getSettings().deviceId ?? id ?? "";
      track.addEventListener("ended", () => {
        if (this.owned[kind] !== track) return;
        this.set({ [kind]: null, problems: { ...this.owned.problems, [kind]: "none" } });
        this.lost(kind, track.label);
      });
      this.set({
        [kind]: track,
        chosen: { ...this.owned.chosen, [kind]: chosen },
        problems: { ...this.owned.problems, [kind]: undefined },
      });
    } catch (error) {
      const problem = error instanceof DeviceError ? error.problem : "failed";
      this.set({ problems: { ...this.owned.problems, [kind]: problem } });
    }
    await this.list();
    return this.owned[kind] !== null;
  }

  close(kind: Sendable): void {
    this.owned[kind]?.stop();
    this.set({ [kind]: null });
  }

  chooseSpeaker(id: string): void {
    rememberDevice("speaker", id);
    this.set({ chosen: { ...this.owned.chosen, speaker: id } });
  }

  closeAll(): void {
    this.closed = true;
    this.unwatch();
    this.close("camera");
    this.close("microphone");
  }

  private async list(): Promise<void> {
    this.set({ devices: await listDevices() });
  }

  private set(more: Partial<Owned> | Record<string, unknown>): void {
    this.owned = { ...this.owned, ...more };
    this.changed(this.owned);
  }
}
