import { afterEach, describe, expect, it } from "vitest";
import { Shortcuts, meaning } from "../../src/room/shortcuts";

const pressed = (key: string, more: Partial<KeyboardEvent> = {}) => ({
  key,
  ctrlKey: false,
  altKey: false,
  metaKey: false,
  repeat: false,
  isComposing: false,
  target: document.body,
  ...more,
});

const within = (markup: string): Element => {
  document.body.innerHTML = markup;
  return document.body.querySelector("[data-here]") ?? document.body;
};

describe("a key", () => {
  it("means the same in capitals, and nothing when it is held or goes with another", () => {
    expect(meaning(pressed("m"))).toBe("microphone");
    expect(meaning(pressed("M"))).toBe("microphone");
    expect(meaning(pressed("?"))).toBe("help");
    expect(meaning(pressed("m", { repeat: true }))).toBeNull();
    for (const modifier of ["ctrlKey", "altKey", "metaKey", "isComposing"]) expect(meaning(pressed("m", { [modifier]: true }))).toBeNull();
  });

  it.each(["<textarea data-here></textarea>", "<input data-here>", "<select data-here></select>", "<dialog><button data-here></button></dialog>"])(
    "means nothing in %s",
    (markup) => {
      expect(meaning(pressed("m", { target: within(markup) }))).toBeNull();
      expect(meaning(pressed(" ", { target: within(markup) }))).toBeNull();
    },
  );

  it("means what it says on a button, but the space bar presses one that was reached with the keyboard", () => {
    const button = within("<button data-here></button>");
    expect(meaning(pressed("m", { target: button }))).toBe("microphone");
    expect(meaning(pressed(" ", { target: button }))).toBeNull();
    expect(meaning(pressed(" ", { target: button }), button)).toBe("talk");
  });
});

describe("the keys of the page", () => {
  let keys: Shortcuts | undefined;
  afterEach(() => keys?.close());

  const press = (type: "keydown" | "keyup", key: string): boolean =>
    document.body.dispatchEvent(new KeyboardEvent(type, { key, bubbles: true, cancelable: true }));

  it("are heard once while they are on, and speaking ends with the key or the window", () => {
    const heard: unknown[] = [];
    let on = true;
    keys = new Shortcuts({ isOn: () => on, command: (command) => heard.push(command), talk: (talks) => heard.push(talks) });
    expect(press("keydown", "l")).toBe(false);
    press("keydown", " ");
    press("keydown", " ");
    press("keyup", " ");
    press("keydown", " ");
    window.dispatchEvent(new Event("blur"));
    press("keyup", " ");
    on = false;
    expect(press("keydown", "l")).toBe(true);
    press("keydown", " ");
    expect(heard).toEqual(["hand", true, false, true, false]);
  });
});
