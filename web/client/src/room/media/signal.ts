/**
 * What the media client says to the server and hears from it. How it travels (Socket.IO) is the caller's matter:
 * it passes a `Signal` and hands events to `MediaSession.heard`.
 */

export type Label = "microphone" | "camera" | "screen" | "screen_sound";

export interface Wish {
  track: string;
  /** Height in CSS pixels at which it is shown. */
  height: number;
}

export type MediaRequest =
  | { type: "join" }
  | { type: "publish"; sdp: string; labels: Record<string, Label> }
  | { type: "receive"; sdp: string }
  | { type: "select"; wishes: Record<string, Wish | null> }
  | { type: "mute"; label: Label; muted: boolean };

export interface MediaReply {
  /** The answer to publish and receive. */
  sdp?: string;
  /** The answer to join: relays for networks that let nothing else through. */
  servers?: RTCIceServer[];
}

/** Rejects with a SignalError when the server refuses, with anything else when it cannot be reached. */
export type Signal = (message: MediaRequest) => Promise<MediaReply>;

export class SignalError extends Error {
  constructor(readonly code: string) {
    super(code);
    this.name = "SignalError";
  }
}

/** The server does not know this participant (any more): join again. */
export const NOT_ADMITTED = "media.not_admitted";

/** What each slot carries now: mid → track id. */
export type SlotsEvent = Record<string, string | null>;
