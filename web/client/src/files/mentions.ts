/**
 * <textarea data-mentions="space">: after an `@` and a letter, members of the space are proposed as a list that the
 * arrows walk through; Enter or a press takes one. What the server reads is the name behind the `@`, however it came.
 */
import { api } from "../api";
import { announce } from "../announce";
import { tn } from "../i18n";

interface Member {
  id: string;
  name: string;
}

const MOST = 6;
const people = new Map<string, Promise<Member[]>>();
let serial = 0;

/** The people of a space, asked for once. */
function membersOf(space: string): Promise<Member[]> {
  const known = people.get(space) ?? api.all<Member>(`/api/v1/spaces/${space}/people`).catch(() => []);
  people.set(space, known);
  return known;
}

/** What is being written after the last `@` before the caret, if it may still become a name. */
export function wanted(text: string, caret: number): { at: number; letters: string } | undefined {
  const at = text.lastIndexOf("@", caret - 1);
  if (at < 0 || (at > 0 && /[\p{L}\p{N}]/u.test(text.charAt(at - 1)))) return undefined;
  const letters = text.slice(at + 1, caret);
  return letters.length > 0 && letters.length < 40 && !/[\n@]/.test(letters) ? { at, letters } : undefined;
}

const bare = (text: string): string => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** Those whose name, or a word of it, begins with the letters; nobody once a whole name stands there. */
export function proposed(members: readonly Member[], letters: string): Member[] {
  const key = bare(letters);
  if (members.some(({ name }) => bare(name) === key.trim())) return [];
  return members.filter(({ name }) => bare(name).startsWith(key) || bare(name).includes(` ${key}`)).slice(0, MOST);
}

export function upgradeMentions(root: ParentNode): void {
  for (const field of root.querySelectorAll<HTMLTextAreaElement>("textarea[data-mentions]")) {
    if (!field.dataset.upgraded) upgrade(field, field.dataset.mentions ?? "");
  }
}

function upgrade(field: HTMLTextAreaElement, space: string): void {
  field.dataset.upgraded = "true";
  const list = document.createElement("ul");
  list.className = "mentions";
  list.id = `mentions-${++serial}`;
  list.setAttribute("role", "listbox");
  list.hidden = true;
  field.setAttribute("aria-autocomplete", "list");
  field.after(list);
  let shown: Member[] = [];
  let chosen = 0;

  const draw = (): void => {
    list.hidden = shown.length === 0;
    if (shown.length === 0) field.removeAttribute("aria-activedescendant");
    list.replaceChildren(
      ...shown.map(({ name }, index) => {
        const option = document.createElement("li");
        option.id = `${list.id}-${index}`;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", String(index === chosen));
        option.textContent = name;
        option.addEventListener("pointerdown", (event) => {
          event.preventDefault();
          take(index);
        });
        return option;
      }),
    );
    if (shown.length > 0) {
      list.setAttribute("aria-label", tn("%(count)s member found", "%(count)s members found", shown.length));
      field.setAttribute("aria-controls", list.id);
      field.setAttribute("aria-activedescendant", `${list.id}-${chosen}`);
    }
  };
  const close = (): void => {
    shown = [];
    draw();
  };
  const take = (index: number): void => {
    const here = wanted(field.value, field.selectionStart);
    const member = shown[index];
    if (here && member) field.setRangeText(`@${member.name} `, here.at, field.selectionStart, "end");
    close();
  };
  const look = async (): Promise<void> => {
    const here = wanted(field.value, field.selectionStart);
    if (!here) {
      close();
      return;
    }
    const members = await membersOf(space);
    const now = wanted(field.value, field.selectionStart);
    shown = now ? proposed(members, now.letters) : [];
    chosen = 0;
    draw();
    if (shown.length > 0) announce(tn("%(count)s member found", "%(count)s members found", shown.length));
  };
  field.addEventListener("input", () => void look());
  field.addEventListener("blur", close);
  field.addEventListener("keydown", (event) => {
    if (shown.length === 0) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      chosen = (chosen + (event.key === "ArrowDown" ? 1 : shown.length - 1)) % shown.length;
      draw();
    } else if (event.key === "Enter" || event.key === "Tab") take(chosen);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  });
}
