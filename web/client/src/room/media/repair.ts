/**
 * What browsers can do for a bad line but do not offer by themselves: redundant audio (RFC 2198), repetition of lost
 * audio packets, and round trips measured by receivers (RFC 3611 4.4), without which they ask again too late.
 */

const PICTURES = /^(vp8|vp9|av1|h264|h265)$/i;
const SOUNDS = /^(opus|red)$/i;

/** The offer with the feedback that we want besides what the browser wrote. */
export function withFeedback(sdp: string): string {
  const lines = sdp.split("\r\n");
  const known = new Set(lines);
  return lines
    .flatMap((line) => {
      const [, type, codec] = /^a=rtpmap:(\d+) ([^/]+)/.exec(line) ?? [];
      if (!type || !codec) return [line];
      const wanted = SOUNDS.test(codec) ? ["nack", "rrtr"] : PICTURES.test(codec) ? ["rrtr"] : [];
      return [line, ...wanted.map((what) => `a=rtcp-fb:${type} ${what}`).filter((added) => !known.has(added))];
    })
    .join("\r\n");
}

/** Redundant audio before the plain one, where the browser knows it. */
export function preferRedundant(transceiver: RTCRtpTransceiver, sends: boolean): void {
  const source = sends ? globalThis.RTCRtpSender : globalThis.RTCRtpReceiver;
  const codecs = source.getCapabilities("audio")?.codecs ?? [];
  const redundant = codecs.filter(({ mimeType }) => mimeType.toLowerCase() === "audio/red");
  if (redundant.length === 0 || !("setCodecPreferences" in transceiver)) return;
  transceiver.setCodecPreferences([...redundant, ...codecs.filter((codec) => !redundant.includes(codec))]);
}
