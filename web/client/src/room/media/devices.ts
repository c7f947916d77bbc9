/** Cameras, microphones and speakers: list, open, remember the choice, and name what went wrong. */

export type DeviceKind = "camera" | "microphone" | "speaker";

export interface Device {
  id: string;
  label: string;
}

/** What the page explains to the person. */
export type DeviceProblem = "denied" | "system" | "none" | "busy" | "unsuitable" | "cancelled" | "unsupported" | "failed";

export class DeviceError extends Error {
  constructor(
    readonly problem: DeviceProblem,
    readonly kind: DeviceKind | "screen",
  ) {
    super(`${kind}: ${problem}`);
    this.name = "DeviceError";
  }
}

const KINDS: Record<MediaDeviceKind, DeviceKind> = { videoinput: "camera", audioinput: "microphone", audiooutput: "speaker" };
const STORED = "hemicycle.device.";

/** Absent where the page did not come over a secure connection, whatever the types say. */
function media(): Partial<MediaDevices> {
  return (navigator as { mediaDevices?: MediaDevices }).mediaDevices ?? {};
}

/** All devices by kind. Labels are empty until a permission was given. */
export async function listDevices(): Promise<Record<DeviceKind, Device[]>> {
  const found: Record<DeviceKind, Device[]> = { camera: [], microphone: [], speaker: [] };
  if (!media().enumerateDevices) return found;
  for (const device of (await navigator.mediaDevices.enumerateDevices())) {
    if (device.deviceId) found[KINDS[device.kind]].push({ id: device.deviceId, label: device.label });
  }
  return found;
}

/** Call back when a device is plugged in or out; returns how to stop. */
export function watchDevices(changed: () => void): () => void {
  if (!media().addEventListener) return () => undefined;
  navigator.mediaDevices.addEventListener("devicechange", changed);
  return () => {
    navigator.mediaDevices.removeEventListener("devicechange", changed);
  };
}

export function rememberedDevice(kind: DeviceKind): string | null {
  try {
    return localStorage.getItem(STORED + kind);
  } catch {
    return null; // storage may be forbidden: then nothing is remembered
  }
}

export function rememberDevice(kind: DeviceKind, id: string): void {
  try {
    localStorage.setItem(STORED + kind, id);
  } catch {
    // see above
  }
}

/** Open the microphone: the given one, else the remembered one, else the browser's choice. */
export function openMicrophone(id: string | null = rememberedDevice("microphone")): Promise<MediaStreamTrack> {
  return open("microphone", id, { echoCancellation: true, noiseSuppression: true, autoGainControl: true });
}

/** Open the camera at up to 720p. */
export function openCamera(id: string | null = rememberedDevice("camera")): Promise<MediaStreamTrack> {
  return open("camera", id, { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } });
}

export const canShareScreen = (): boolean => media().getDisplayMedia !== undefined;

/** Ask for a screen or window; its sound too where the browser offers it. */
export async function openScreen(): Promise<{ screen: MediaStreamTrack; sound: MediaStreamTrack | null }> {
  if (!media().getDisplayMedia) throw new DeviceError("unsupported", "screen");
  try {
    const stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { max: 15 } }, audio: true });
    const screen = stream.getVideoTracks()[0];
    if (!screen) throw new DeviceError("failed", "screen");
    screen.contentHint = "detail";
    return { screen, sound: stream.getAudioTracks()[0] ?? null };
  } catch (error) {
    throw mapped(error, "screen");
  }
}

/** That device where there is one, which Chromium gives only when it is asked for exactly; else any: one that was unplugged
 * since must not keep anybody out. */
async function open(kind: "camera" | "microphone", id: string | null, wanted: MediaTrackConstraints): Promise<MediaStreamTrack> {
  if (!media().getUserMedia) throw new DeviceError("unsupported", kind);
  const ask = async (constraints: MediaTrackConstraints): Promise<MediaStreamTrack> => {
    const stream = await navigator.mediaDevices.getUserMedia(kind === "camera" ? { video: constraints } : { audio: constraints });
    const track = stream.getTracks()[0];
    if (!track) throw new DeviceError("none", kind);
    return track;
  };
  try {
    return await ask(id ? { ...wanted, deviceId: { exact: id } } : wanted);
  } catch (error) {
    const gone = id && error instanceof Error && (error.name === "OverconstrainedError" || error.name === "NotFoundError");
    if (!gone) throw mapped(error, kind);
  }
  try {
    return await ask(wanted);
  } catch (error) {
    throw mapped(error, kind);
  }
}

const PROBLEMS: Record<string, DeviceProblem> = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "none",
  NotReadableError: "busy",
  AbortError: "busy",
  OverconstrainedError: "unsuitable",
  TypeError: "unsupported",
};

/** The browser's exception as one of our problems. */
export function mapped(error: unknown, kind: DeviceKind | "screen"): DeviceError {
  if (error instanceof DeviceError) return error;
  const known = PROBLEMS[error instanceof Error ? error.name : ""] ?? "failed";
  // Chromium says in its message alone that it is not the person but their device that refuses
  const problem = known === "denied" && /system/i.test((error as Error).message) ? "system" : known;
  return new DeviceError(kind === "screen" && known === "denied" ? "cancelled" : problem, kind);
}
