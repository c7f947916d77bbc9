/**
 * Single keys that do something in the room, and the one that is held to speak. They are silent where one writes, where a
 * key has a meaning of its own, with modifiers, in dialogs, and for those who switched them off (WCAG 2.1.4).
 */

export type Command = "microphone" | "camera" | "share" | "hand" | "chat" | "people" | "arrange" | "help";

/** By `KeyboardEvent.key`, which is what is written on the key, whatever the keyboard. */
export const KEYS: Readonly<Record<Command, string>> = {
  microphone: "m",
  camera: "v",
  share: "e",
  hand: "l",
  chat: "d",
  people: "p",
  arrange: "a",
  help: "?",
};

const COMMANDS = new Map<string, Command>(Object.entries(KEYS).map(([command, key]) => [key, command as Command]));
const WRITES = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable], dialog, [role=listbox], [role=combobox]";
/** The space bar presses these. */
const PRESSED = "button, summary, a[href], input, [role=button]";

type Pressed = Pick<KeyboardEvent, "key" | "ctrlKey" | "altKey" | "metaKey" | "repeat" | "isComposing" | "target">;

/**
 * What this key means now: a command, to speak while it is held, or nothing. `clicked`: the button on which the focus rests
 * after a click, where nobody expects the space bar to press it again.
 */
export function meaning({ key, ctrlKey, altKey, metaKey, repeat, isComposing, target }: Pressed, clicked: Element | null = null): Command | "talk" | null {
  if (ctrlKey || altKey || metaKey || isComposing) return null;
  const at = target instanceof Element ? target : null;
  if (at?.closest(WRITES)) return null;
  const button = at?.closest(PRESSED) ?? null;
  if (key === " ") return button && button !== clicked ? null : "talk";
  return repeat ? null : (COMMANDS.get(key.toLowerCase()) ?? null);
}

export interface Handled {
  isOn(): boolean;
  command(command: Command): void;
  talk(on: boolean): void;
}

/** Listens to the page's keys until it is closed. */
export class Shortcuts {
  private held = false;
  private clicked: Element | null = null;

  constructor(private readonly handled: Handled) {
    document.addEventListener("keydown", this.#down);
    document.addEventListener("keyup", this.#up);
    document.addEventListener("click", this.#clicks);
    document.addEventListener("focusin", this.#focuses);
    globalThis.addEventListener("blur", this.#release);
  }

  close(): void {
    this.#release();
    document.removeEventListener("keydown", this.#down);
    document.removeEventListener("keyup", this.#up);
    document.removeEventListener("click", this.#clicks);
    document.removeEventListener("focusin", this.#focuses);
    globalThis.removeEventListener("blur", this.#release);
  }

  #down = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || !this.handled.isOn()) return;
    const means = meaning(event, this.clicked);
    if (means === null) return;
    event.preventDefault();
    if (means !== "talk") this.handled.command(means);
    else if (!this.held) {
      this.held = true;
      this.handled.talk(true);
    }
  };

  #clicks = ({ target, detail }: MouseEvent): void => {
    if (detail > 0) this.clicked = target instanceof Element ? target.closest(PRESSED) : null; // 0: pressed with a key
  };

  #focuses = ({ target }: FocusEvent): void => {
    if (target !== this.clicked) this.clicked = null;
  };

  #up = (event: KeyboardEvent): void => {
    if (event.key !== " " || !this.held) return;
    event.preventDefault(); // a button would be pressed
    this.#release();
  };

  #release = (): void => {
    if (!this.held) return;
    this.held = false;
    this.handled.talk(false);
  };
}
