/** The media client's public face: everything else in this folder is its own business. */

export * from "./devices";
export { LAYERS } from "./publisher";
export { AUDIO_SLOTS, type Slot } from "./receiver";
export { MediaSession, type SessionOptions, type SessionState } from "./session";
export * from "./signal";
export { judge, type Network } from "./stats";
