/** What a person chose of how the room looks and is handled; this browser remembers it, nobody else knows it. */

export const ARRANGEMENTS = ["grid", "speaker", "sidebar"] as const;
export type Arrangement = (typeof ARRANGEMENTS)[number];

export interface Preferences {
  readonly arrangement: Arrangement;
  /** One's own picture is not shown to oneself. */
  readonly hidesSelf: boolean;
  /** Single keys do things (WCAG 2.1.4: they can be switched off). */
  readonly shortcuts: boolean;
  /** Whether the devices were on at the door. */
  readonly microphone: boolean;
  readonly camera: boolean;
}

export const AT_FIRST: Preferences = { arrangement: "grid", hidesSelf: false, shortcuts: true, microphone: true, camera: true };

const STORED = "hemicycle.room";

/** What is stored, where it still makes sense. */
export function read(stored: string | null): Preferences {
  let found: unknown;
  try {
    found = JSON.parse(stored ?? "{}");
  } catch {
    return AT_FIRST;
  }
  const known = (typeof found === "object" && found !== null ? found : {}) as Partial<Record<keyof Preferences, unknown>>;
  const flag = (name: Exclude<keyof Preferences, "arrangement">): boolean => {
    const value = known[name];
    return typeof value === "boolean" ? value : AT_FIRST[name];
  };
  return {
    arrangement: ARRANGEMENTS.find((one) => one === known.arrangement) ?? AT_FIRST.arrangement,
    hidesSelf: flag("hidesSelf"),
    shortcuts: flag("shortcuts"),
    microphone: flag("microphone"),
    camera: flag("camera"),
  };
}

export function remembered(): Preferences {
  try {
    return read(localStorage.getItem(STORED));
  } catch {
    return AT_FIRST; // storage may be forbidden: then nothing is remembered
  }
}

/** Change some of it; gives all of it. */
export function remember(more: Partial<Preferences>): Preferences {
  const now = { ...remembered(), ...more };
  try {
    localStorage.setItem(STORED, JSON.stringify(now));
  } catch {
    // see above
  }
  return now;
}
