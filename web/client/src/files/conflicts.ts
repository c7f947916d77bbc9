/** A name that is taken, explained: both things side by side, and what can be done, for one or for all. */
import { type TemplateResult, html, nothing } from "lit";
import { t, tn } from "../i18n";
import { actions, show } from "./dialogs";
import type { Conflict, Sending, Uploads } from "./uploads";
import { momentOf, sizeOf } from "./words";

/** What has the name already, as the server or the list tells it. */
export interface Existing {
  readonly kind: string;
  readonly name: string;
  readonly size: number;
  readonly changed_at: string;
}

export interface Coming {
  readonly name: string;
  readonly size: number | undefined;
  readonly changed: string | undefined;
}

/** Both, as a small table: what is here, what comes. */
export function comparison(existing: Existing, coming: Coming, zone: string): TemplateResult {
  const size = existing.kind === "file" ? sizeOf(existing.size) : t("a folder");
  return html`<table class="files__compare">
    <thead><tr><td></td><th scope="col">${t("Already here")}</th><th scope="col">${t("What comes")}</th></tr></thead>
    <tbody>
      <tr><th scope="row">${t("Name")}</th><td><bdi>${existing.name}</bdi></td><td><bdi>${coming.name}</bdi></td></tr>
      <tr><th scope="row">${t("Size")}</th><td>${size}</td><td>${coming.size === undefined ? t("a folder") : sizeOf(coming.size)}</td></tr>
      <tr><th scope="row">${t("When")}</th><td>${momentOf(existing.changed_at, zone)}</td><td>${coming.changed === undefined ? nothing : momentOf(coming.changed, zone)}</td></tr>
    </tbody>
  </table>`;
}

export interface Answer {
  readonly choice: Exclude<Conflict, "refuse"> | "skip";
  /** The same for all that follow. */
  readonly all: boolean;
}

/** Ask what to do with one thing whose name is taken; `more`: others may follow. */
export async function askConflict(existing: Existing, coming: Coming, zone: string, more: boolean): Promise<Answer> {
  const versions = existing.kind === "file" && coming.size !== undefined;
  const option = (value: string, words: string, checked = false): TemplateResult =>
    html`<label class="choice"><input type="radio" name="choice" value=${value} ?checked=${checked}><span>${words}</span></label>`;
  const { value, form } = await show(
    (title) => html`<form method="dialog" class="dialog__body" data-live>
      <h2 id=${title}>${t("“%(name)s” is already there", { name: existing.name })}</h2>
      ${comparison(existing, coming, zone)}
      <fieldset class="field">
        <legend class="visually-hidden">${t("What to do")}</legend>
        ${option("rename", t("Keep both, under another name"), true)}
        ${versions ? option("version", t("Make a new version of it")) : nothing}
        ${option("skip", t("Skip this one"))}
      </fieldset>
      ${more ? html`<label class="choice"><input type="checkbox" name="all" value="yes"><span>${t("The same for all that follow")}</span></label>` : nothing}
      ${actions(t("Continue"))}
    </form>`,
  );
  if (value !== "yes") return { choice: "skip", all: true };
  return { choice: (form.get("choice") ?? "skip") as Answer["choice"], all: form.get("all") === "yes" };
}

/** One answer for all the files of the queue whose names are taken. */
export function answerAll<T>(uploads: Uploads<T>): TemplateResult | typeof nothing {
  const asking = uploads.list.filter(({ stage }) => stage === "asking");
  if (asking.length < 2) return nothing;
  const each = (run: (sending: Sending) => void) => (): void => {
    for (const sending of asking) run(sending);
  };
  return html`<div class="files__all" role="group" aria-label=${t("For all names that are taken")}>
    <span>${tn("%(count)s name is already taken.", "%(count)s names are already taken.", asking.length)}</span>
    <button class="button small" type="button" @click=${each((one) => { uploads.answer(one, "rename"); })}>${t("Keep all, under other names")}</button>
    <button class="button small" type="button" @click=${each((one) => { uploads.answer(one, one.versionable ? "version" : "rename"); })}>${t("New versions of all")}</button>
    <button class="button small" type="button" @click=${each((one) => { uploads.drop(one); })}>${t("Send none of them")}</button>
  </div>`;
}

/** How far all of it is, once there is more than one file. */
export function whole<T>(uploads: Uploads<T>): TemplateResult | typeof nothing {
  const { list } = uploads;
  if (list.length < 2 || !uploads.busy) return nothing;
  const size = list.reduce((sum, { file }) => sum + file.size, 0);
  const sent = list.reduce((sum, { file, stage, sent: so }) => sum + (stage === "done" ? file.size : so), 0);
  const done = list.filter(({ stage }) => stage === "done").length;
  return html`<div class="files__whole progress">
    <progress max=${Math.max(size, 1)} .value=${sent} aria-label=${t("All files")}></progress>
    <span>${t("%(done)s of %(count)s files, %(sent)s of %(size)s", { done, count: list.length, sent: sizeOf(sent), size: sizeOf(size) })}</span>
    <button class="button small quiet" type="button" @click=${() => { for (const one of list.filter(({ stage }) => stage !== "done")) uploads.drop(one); }}>${t("Stop all")}</button>
  </div>`;
}
