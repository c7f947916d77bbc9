/** The files that are being sent, as a view: a bar each, what is asked, how to stop. */
import { type TemplateResult, html, nothing } from "lit";
import { t, tn } from "../i18n";
import { type IconName, icon } from "../icon";
import { type Existing, answerAll, comparison, whole } from "./conflicts";
import { type Sending, type Stage, type Uploads, isHere } from "./uploads";
import { sizeOf } from "./words";

/** `find`: what the list knows to have a name in a folder; nothing where nobody may know. */
export type Find = (name: string, folder: string | null) => Existing | undefined;

export function queue<T>(uploads: Uploads<T>, find: Find = () => undefined, zone = "UTC"): TemplateResult | typeof nothing {
  const { list } = uploads;
  if (list.length === 0) return nothing;
  const left = list.filter(({ stage }) => stage !== "done").length;
  return html`<section class="panel flush files__queue" aria-labelledby="files-queue">
    <div class="panel__head">
      <h2 id="files-queue">${left > 0 ? tn("%(count)s file to send", "%(count)s files to send", left) : t("Everything has been sent")}</h2>
      ${uploads.busy ? nothing : html`<button class="button small" type="button" @click=${() => { uploads.clear(); }}>${t("Clear the list")}</button>`}
    </div>
    ${whole(uploads)}${answerAll(uploads)}
    <ul class="rows" role="list">${list.map((sending) => line(sending, uploads, find, zone))}</ul>
  </section>`;
}

const ICONS: Partial<Record<Stage, IconName>> = { done: "circle-check", failed: "circle-alert", asking: "circle-alert", paused: "pause" };

function line<T>(sending: Sending, uploads: Uploads<T>, find: Find, zone: string): TemplateResult {
  const { file, stage } = sending;
  const existing = stage === "asking" ? (sending.existing ?? find(file.name, sending.folder)) : undefined;
  const coming = { name: file.name, size: file.size, changed: new Date(file.lastModified).toISOString() };
  return html`<li class="row" data-stage=${stage}>
    ${icon(ICONS[stage] ?? "upload")}
    <span class="row__text">
      <span class="truncate"><bdi>${file.name}</bdi></span>
      ${progress(sending)}
      ${existing ? comparison(existing, coming, zone) : nothing}
    </span>
    <span class="row__end">${buttons(sending, uploads)}</span>
  </li>`;
}

function progress(sending: Sending): TemplateResult {
  const { file, stage, sent, words } = sending;
  if (stage === "waiting") return html`<span>${t("Waiting")} · ${sizeOf(file.size)}</span>`;
  if (stage === "done") return html`<span>${t("Sent")} · ${sizeOf(file.size)}</span>`;
  if (stage === "asking" || stage === "failed") return html`<span role="alert">${words}</span>`;
  const label = t("Sending %(name)s", { name: file.name });
  return html`<span class="progress">
    <progress max=${Math.max(file.size, 1)} .value=${sent} aria-label=${label}></progress>
    ${stage === "saving" ? t("Saving…") : t("%(sent)s of %(size)s", { sent: sizeOf(sent), size: sizeOf(file.size) })}
  </span>
  ${hint(sending)}`;
}

/** Why it does not move, and what happens next. */
function hint(sending: Sending): TemplateResult | typeof nothing {
  const { stage, stalled, words } = sending;
  if (words) return html`<span role="alert">${words}</span>`;
  if (stalled) return html`<span role="status">${t("The connection is lost. Sending goes on by itself when it is back.")}</span>`;
  if (stage !== "paused") return nothing;
  return isHere(sending)
    ? html`<span>${t("Paused: what has arrived is kept for some days.")}</span>`
    : html`<span>${t("Interrupted when the page was closed. Choose the same file again to go on.")}</span>`;
}

/** Go on; the file has to be chosen again where the page was closed meanwhile. */
function goOn<T>(sending: Sending, uploads: Uploads<T>): void {
  if (isHere(sending)) {
    uploads.goOn(sending);
    return;
  }
  const input = document.createElement("input");
  input.type = "file";
  input.addEventListener("change", () => {
    const [file] = input.files ?? [];
    if (file) uploads.goOn(sending, file);
  });
  input.click();
}

function buttons<T>(sending: Sending, uploads: Uploads<T>): TemplateResult {
  const { file, stage, versionable, address } = sending;
  const name = html`<span class="visually-hidden"> ${file.name}</span>`;
  const drop = (): void => {
    uploads.drop(sending);
  };
  if (stage === "asking") {
    return html`<button class="button small" type="button" @click=${() => { uploads.answer(sending, "rename"); }}>${t("Keep both")}${name}</button>
      ${versionable ? html`<button class="button small" type="button" @click=${() => { uploads.answer(sending, "version"); }}>${t("New version")}${name}</button>` : nothing}
      <button class="button small" type="button" @click=${drop}>${t("Do not send")}${name}</button>`;
  }
  if (stage === "failed") {
    return html`<button class="button small" type="button" @click=${() => { uploads.again(sending); }}>${icon("refresh-cw")}${t("Try again")}${name}</button>
      <button class="icon-button" type="button" @click=${drop}>${icon("x", t("Take %(name)s off the list", { name: file.name }))}</button>`;
  }
  if (stage === "done") return html``;
  if (stage === "paused") {
    return html`<button class="button small" type="button" @click=${() => { goOn(sending, uploads); }}>${icon("play")}${t("Go on")}${name}</button>
      <button class="icon-button" type="button" @click=${drop}>${icon("x", t("Give up sending %(name)s", { name: file.name }))}</button>`;
  }
  return html`${
      stage === "sending" && address !== undefined
        ? html`<button class="icon-button" type="button" @click=${() => { uploads.pause(sending); }}>${icon("pause", t("Pause sending %(name)s", { name: file.name }))}</button>`
        : nothing
    }
    <button class="icon-button" type="button" @click=${drop}>${icon("x", t("Stop sending %(name)s", { name: file.name }))}</button>`;
}
