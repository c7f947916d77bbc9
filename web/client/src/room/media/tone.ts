/** Two notes out of the chosen speaker, so that somebody knows before the door what they will hear behind it. */

const NOTES = [523.25, 659.25];
const NOTE_SECONDS = 0.45;
const LOUDNESS = 0.2;

/** Resolves when the notes are over; rejects where the browser does not play. */
export async function playNotes(speaker: string): Promise<void> {
  const context = new AudioContext();
  try {
    const out = context.createMediaStreamDestination();
    NOTES.forEach((frequency, index) => {
      const note = new OscillatorNode(context, { frequency });
      const volume = new GainNode(context, { gain: 0 });
      const start = context.currentTime + 0.1 + index * NOTE_SECONDS;
      // swelling and fading, for a note that is cut clicks
      volume.gain.setValueAtTime(0, start);
      volume.gain.linearRampToValueAtTime(LOUDNESS, start + 0.05);
      volume.gain.linearRampToValueAtTime(0, start + NOTE_SECONDS);
      note.connect(volume).connect(out);
      note.start(start);
      note.stop(start + NOTE_SECONDS);
    });
    const audio = new Audio();
    audio.srcObject = out.stream;
    if (speaker && "setSinkId" in audio) await audio.setSinkId(speaker);
    await audio.play();
    await new Promise((resolve) => setTimeout(resolve, 1000 * (0.2 + NOTES.length * NOTE_SECONDS)));
  } finally {
    await context.close();
  }
}
