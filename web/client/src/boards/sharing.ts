/** Whom a board is shared with, in a dialog: what its space gets, and who is named on it. Each change is saved at once. */
import { html, nothing, render } from "lit";
import { announce } from "../announce";
import { api, wordsFor } from "../api";
import { t } from "../i18n";
import { icon } from "../icon";

type Opening = "space" | "read" | "own" | "closed";
type Role = "owner" | "editor" | "reader" | "own";

interface Member {
  principal_kind: string;
  principal_id: string;
  name: string;
  role: Role;
  guest: boolean;
}

interface Sharing {
  opening: Opening;
  members: readonly Member[];
}

interface Found {
  kind: string;
  id: string;
  name: string;
}

const WAIT_MS = 200;
const MOST = 8;

const openings = (): readonly (readonly [Opening, string, string])[] => [
  ["space", t("As in the space"), t("Readers read, editors change the cards.")],
  ["read", t("Everybody reads"), t("Only those named below change anything.")],
  ["own", t("Everybody their own cards"), t("One sees the cards given to oneself or that one is a member of.")],
  ["closed", t("Nobody but those named below"), t("The others of the space do not see that the board exists.")],
];

const roles = (): readonly (readonly [Role, string])[] => [
  ["own", t("Own cards only")],
  ["reader", t("Reads")],
  ["editor", t("Changes the cards")],
  ["owner", t("Manages the board")],
];

export async function shareBoard(board: string, canManage: boolean): Promise<void> {
  const path = `/api/v1/boards/${board}`;
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  dialog.setAttribute("aria-labelledby", "sharing-title");
  let sharing: Sharing | undefined;
  let found: readonly Found[] | undefined;
  let problem = "";
  let timer: ReturnType<typeof setTimeout>;

  const act = async (what: () => Promise<Sharing>): Promise<void> => {
    problem = "";
    try {
      const first = sharing === undefined;
      sharing = await what();
      if (!first) announce(t("Saved."));
    } catch (error) {
      problem = wordsFor(error);
    }
    draw();
  };
  const give = (principal_kind: string, principal_id: string, role: Role): Promise<void> =>
    act(() => api.put<Sharing>(`${path}/members`, { principal_kind, principal_id, role }));
  const take = (member: Member): Promise<void> =>
    act(async () => {
      await api.delete(`${path}/members/${member.principal_id}`);
      return api.get<Sharing>(`${path}/sharing`);
    });
  const look = async (words: string): Promise<void> => {
    try {
      const [people, units] = await Promise.all([
        api.get<{ items: readonly { id: string; display_name: string }[] }>(`/api/v1/directory/people?search=${encodeURIComponent(words)}`),
        api.get<{ items: readonly { id: string; name: string }[] }>("/api/v1/directory/units"),
      ]);
      const wanted = words.toLocaleLowerCase();
      found = [
        ...people.items.map(({ id, display_name }) => ({ kind: "person", id, name: display_name })),
        ...units.items.filter(({ name }) => name.toLocaleLowerCase().includes(wanted)).map(({ id, name }) => ({ kind: "unit", id, name })),
      ].slice(0, MOST);
    } catch (error) {
      problem = wordsFor(error);
    }
    draw();
  };
  const typed = (event: Event): void => {
    const words = (event.target as HTMLInputElement).value.trim();
    clearTimeout(timer);
    if (words.length > 1) timer = setTimeout(() => void look(words), WAIT_MS);
  };
  const add = async ({ kind, id }: Found): Promise<void> => {
    const role = (dialog.querySelector<HTMLSelectElement>("#sharing-role")?.value ?? "own") as Role;
    await give(kind, id, role);
    if (problem === "") found = undefined;
    draw();
  };
  const choice = (chosen: Role, words: string, key: string, changed?: (role: Role) => void): unknown =>
    html`<select class="select" id=${key} aria-label=${words} @change=${(event: Event) => changed?.((event.target as HTMLSelectElement).value as Role)}>
      ${roles().map(([value, name]) => html`<option value=${value} ?selected=${value === chosen}>${name}</option>`)}
    </select>`;
  const line = (member: Member): unknown => html`<li class="sharing__line">
    <span class="row__text"><span>${member.name}</span>${member.guest ? html`<span>${t("guest, not in the space")}</span>` : nothing}</span>
    ${canManage
      ? html`${choice(member.role, t("Role of %(name)s", { name: member.name }), `sharing-${member.principal_id}`, (role) => void give(member.principal_kind, member.principal_id, role))}
          <button type="button" class="icon-button" aria-label=${t("Take %(name)s off the board", { name: member.name })} @click=${() => take(member)}>${icon("x")}</button>`
      : html`<span class="soft">${roles().find(([role]) => role === member.role)?.[1]}</span>`}
  </li>`;
  const adding = (): unknown => html`<div class="field">
    <label for="sharing-add">${t("Share with somebody else")}</label>
    <div class="sharing__line">
      <input class="input" id="sharing-add" type="search" autocomplete="off" placeholder=${t("Name of a person or of a service")} @input=${typed} />
      ${choice("own", t("Role to give"), "sharing-role")}
    </div>
    <div class="board-moves" role="status">
      ${found?.map((one) => html`<button type="button" class="menu__item" @click=${() => add(one)}>${icon(one.kind === "unit" ? "building-2" : "plus")}<span>${one.name}</span></button>`)}
      ${found?.length === 0 ? html`<p class="soft">${t("Nobody was found.")}</p>` : nothing}
    </div>
  </div>`;
  const whole = ({ opening, members }: Sharing): unknown => html`
    <fieldset class="field" ?disabled=${!canManage}>
      <legend>${t("What the members of the space may do")}</legend>
      ${openings().map(
        ([value, name, hint]) => html`<label class="choice sharing__choice">
          <input type="radio" name="opening" value=${value} .checked=${value === opening} @change=${() => act(() => api.put<Sharing>(`${path}/sharing`, { opening: value }))} />
          <span>${name}<span class="soft size-s">${hint}</span></span>
        </label>`,
      )}
      <p class="field__hint">${t("The owners of the space manage all of its boards.")}</p>
    </fieldset>
    <section aria-labelledby="sharing-named">
      <h3 id="sharing-named">${t("Named on this board")}</h3>
      ${members.length === 0 ? html`<p class="soft">${t("Nobody.")}</p>` : html`<ul class="sharing" role="list">${members.map(line)}</ul>`}
    </section>
    ${canManage ? adding() : nothing}`;
  const draw = (): void => {
    render(
      html`<div class="dialog__body">
        <div class="dialog__head">
          <h2 id="sharing-title">${t("Share this board")}</h2>
          <button type="button" class="icon-button" aria-label=${t("Close")} @click=${() => { dialog.close(); }}>${icon("x")}</button>
        </div>
        ${problem === "" ? nothing : html`<div class="banner danger" role="alert">${icon("circle-alert")}<p>${problem}</p></div>`}
        ${sharing ? whole(sharing) : html`<span class="skeleton board-dialog__wait"></span>`}
      </div>`,
      dialog,
    );
  };
  draw();
  document.body.append(dialog);
  dialog.showModal();
  void act(() => api.get<Sharing>(`${path}/sharing`));
  await new Promise((resolve) => {
    dialog.addEventListener("close", resolve, { once: true });
  });
  dialog.remove();
}
