import { describe, expect, it } from "vitest";
import { wordsOf } from "../src/council/result";
import { seal } from "../src/council/seal";

const none = { votes_for: 0, votes_against: 0, abstentions: 0, blank: 0, null: 0 };

describe("the result that comes with the event", () => {
  it("names the figures of a question", () => {
    expect(wordsOf({ ...none, result: "adopted", votes_for: 12, votes_against: 9, abstentions: 2 })).toBe(
      "Adopted – 12 for, 9 against, 2 abstentions",
    );
    expect(wordsOf({ ...none, result: "rejected", votes_for: 1, votes_against: 1, blank: 3 })).toContain("3 blank");
  });

  it("names who is elected, or the seats of each list", () => {
    const options = [
      { name: "Ada", votes: 3 },
      { name: "Bo", votes: 1 },
    ];
    expect(wordsOf({ ...none, result: "elected", elected: "Ada", options })).toBe("Elected – Ada – Ada 3, Bo 1");
    expect(wordsOf({ ...none, result: "shared", options: [{ name: "A", votes: 7, seats: 4 }] })).toBe("Seats shared – A 4");
  });
});

describe("a secret choice", () => {
  it("is opened by the ballot's private key alone, and sent in one length", async () => {
    const algorithm = { name: "RSA-OAEP", hash: "SHA-256" };
    const made = { ...algorithm, modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) };
    const { publicKey, privateKey } = await crypto.subtle.generateKey(made, true, ["encrypt", "decrypt"]);
    const spki = btoa(String.fromCodePoint(...new Uint8Array(await crypto.subtle.exportKey("spki", publicKey))));
    for (const option of ["00", "99"]) {
      const sent = await seal(spki, new URLSearchParams({ member_id: "x", option }));
      expect(sent.has("option")).toBe(false);
      const bytes = Uint8Array.from(atob(sent.get("sealed") ?? ""), (letter) => letter.codePointAt(0) ?? 0);
      expect(bytes.length).toBe(256);
      expect(new TextDecoder().decode(await crypto.subtle.decrypt(algorithm, privateKey, bytes))).toBe(option);
    }
  });
});
