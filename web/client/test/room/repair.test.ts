import { describe, expect, it } from "vitest";
import { withFeedback } from "../../src/room/media/repair";

const OFFER = [
  "v=0",
  "m=audio 9 UDP/TLS/RTP/SAVPF 63 111 13",
  "a=rtpmap:63 red/48000/2",
  "a=rtpmap:111 opus/48000/2",
  "a=rtcp-fb:111 transport-cc",
  "a=rtpmap:13 CN/8000",
  "m=video 9 UDP/TLS/RTP/SAVPF 96 97",
  "a=rtpmap:96 VP8/90000",
  "a=rtcp-fb:96 nack",
  "a=rtpmap:97 rtx/90000",
  "",
].join("\r\n");

describe("what the offer asks for besides what the browser wrote", () => {
  it("is repetition of sound and the round trip, for what carries sound and pictures", () => {
    const lines = withFeedback(OFFER).split("\r\n");
    expect(lines.filter((line) => !OFFER.includes(line))).toEqual([
      "a=rtcp-fb:63 nack",
      "a=rtcp-fb:63 rrtr",
      "a=rtcp-fb:111 nack",
      "a=rtcp-fb:111 rrtr",
      "a=rtcp-fb:96 rrtr",
    ]);
    expect(lines.filter((line) => line === "a=rtcp-fb:96 nack")).toHaveLength(1);
  });

  it("is written once", () => {
    expect(withFeedback(withFeedback(OFFER))).toBe(withFeedback(OFFER));
  });
});
