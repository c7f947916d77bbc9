/** The history of a card in words: who did what. What is told of is shown as it was called. */
import { type TemplateResult, html, nothing } from "lit";
import { locale, t } from "../i18n";
import { shortDay } from "./words";

export interface HistoryEntry {
  id: string;
  at: string;
  person: string;
  action: string;
  details: Readonly<Record<string, unknown>>;
}

const list = (names: readonly string[]): string => new Intl.ListFormat(locale()).format(names);

function deed({ action, details }: HistoryEntry): string {
  const title = typeof details.title === "string" ? details.title : "";
  switch (action) {
    case "created":
      return t("made the card");
    case "imported":
      return t("took it over from a file");
    case "moved":
      return t("moved it from “%(from)s” to “%(to)s”", { from: String(details.from_column), to: String(details.to_column) });
    case "transferred":
      return t("took it from the board “%(from)s” to “%(to)s”", { from: String(details.from_board), to: String(details.to_board) });
    case "removed":
      return t("removed it");
    case "archived":
      return t("archived it");
    case "restored":
      return t("brought it back");
    case "list_added":
      return t("added the checklist “%(title)s”", { title });
    case "list_removed":
      return t("removed the checklist “%(title)s”", { title });
    case "task_done":
      return t("ticked “%(title)s”", { title });
    case "task_undone":
      return t("unticked “%(title)s”", { title });
    case "task_removed":
      return t("removed the entry “%(title)s”", { title });
    case "dependency_added":
      return t("made it wait for another card");
    case "dependency_removed":
      return t("made it wait no longer for a card");
    case "file_attached":
      return t("attached a file");
    case "file_detached":
      return t("took a file off");
    default:
      return t("changed it");
  }
}

/** The fields that a change of content told of. */
function fields({ action, details }: HistoryEntry): string[] {
  if (action !== "changed") return [];
  return Object.entries(details).flatMap(([field, told]) => {
    if (field === "values")
      return (told as [string, string, string][]).map(([title, was, now]) => t("%(field)s: %(was)s → %(now)s", { field: title, was: was || t("none"), now: now || t("none") }));
    const [was, now] = told as [unknown, unknown];
    const names = (value: unknown): string => (Array.isArray(value) ? list(value.map(String)) : "");
    const day = (value: unknown): string => (typeof value === "string" ? shortDay(value) : t("none"));
    switch (field) {
      case "title":
        return t("title: “%(was)s” became “%(now)s”", { was: String(was), now: String(now) });
      case "description":
        return t("description rewritten");
      case "start":
        return t("start: %(was)s → %(now)s", { was: day(was), now: day(now) });
      case "due":
        return t("due: %(was)s → %(now)s", { was: day(was), now: day(now) });
      case "hidden":
        return now === true ? t("hidden from all but its members") : t("shown to everybody again");
      default: {
        const words = { assignees: t("people"), units: t("services"), labels: t("labels"), members: t("members") }[field] ?? field;
        const parts = [names(now) && `+ ${names(now)}`, names(was) && `− ${names(was)}`].filter(Boolean);
        return t("%(field)s: %(changes)s", { field: words, changes: parts.join(", ") });
      }
    }
  });
}

/** One entry as it is read. */
export function sentence(entry: HistoryEntry): TemplateResult {
  const when = new Intl.DateTimeFormat(locale(), { dateStyle: "medium", timeStyle: "short" });
  const told = fields(entry);
  return html`<span><strong>${entry.person === "" ? t("The server") : entry.person}</strong> ${deed(entry)}</span>
    ${told.length === 0 ? nothing : html`<span class="size-s">${told.join(" ; ")}</span>`}
    <time class="soft size-s" datetime=${entry.at}>${when.format(new Date(entry.at))}</time>`;
}
