/** What is done with sound beside sending it: the meter of one's voice, and where the others come out. */
import { watchLevel } from "./media/level";

/** Runs while it is given a track; says 0 when it stops. */
export class Meter {
  private stop: (() => void) | undefined;
  private track: MediaStreamTrack | null = null;

  constructor(private readonly level: (level: number) => void) {}

  follow(track: MediaStreamTrack | null): void {
    if (track === this.track) return;
    this.close();
    this.track = track;
    this.level(0);
    if (track) this.stop = watchLevel(track, this.level);
  }

  close(): void {
    this.stop?.();
    this.stop = undefined;
  }
}

/** Sound comes out where the person chose; `lost`: that loudspeaker was unplugged since. */
export function route(audios: Iterable<HTMLAudioElement>, speaker: string, lost: () => void): void {
  for (const audio of audios) {
    // the browser's own choice is better than silence
    if ("setSinkId" in audio && audio.sinkId !== speaker) audio.setSinkId(speaker).catch(lost);
  }
}
