/**
 * Seals the choice of a secret ballot on the voter's device (RSA-OAEP, SHA-256, under the ballot's key), so that the
 * server never sees it. What is sealed has two characters whatever is chosen, and what is sent the same length.
 */

/** The fields that are sent in place of what was chosen; the same ones where this browser cannot seal (no TLS). */
export async function seal(key: string, fields: URLSearchParams): Promise<URLSearchParams> {
  const option = fields.get("option");
  // Undefined outside of secure contexts, whatever the types say.
  const subtle = (globalThis.crypto as Crypto | undefined)?.subtle;
  if (option === null || !subtle) return fields;
  const algorithm = { name: "RSA-OAEP", hash: "SHA-256" };
  const imported = await subtle.importKey("spki", bytesOf(key), algorithm, false, ["encrypt"]);
  const sealed = await subtle.encrypt(algorithm, imported, new TextEncoder().encode(option));
  const sent = new URLSearchParams(fields);
  sent.delete("option");
  sent.set("sealed", btoa(String.fromCodePoint(...new Uint8Array(sealed))));
  return sent;
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (letter) => letter.codePointAt(0) ?? 0);
}
