/** A file that somebody pastes into the text of a card: kept among the files of the space, and attached to the card. */
import { request } from "../api";
import { t } from "../i18n";
import { toast } from "../toast";

const API = "/api/v1";

/** Gives the link, in Markdown, that stands for the file. */
export async function attachFile(space: string, card: string, file: File): Promise<string> {
  const query = new URLSearchParams({ name: file.name || t("Pasted file"), conflict: "rename" });
  const answer = await fetch(`${API}/spaces/${space}/files?${query}`, { method: "POST", body: file, credentials: "same-origin", headers: { Accept: "application/json" } });
  if (!answer.ok) {
    const problem = (await answer.json().catch(() => ({}))) as { title?: string };
    throw new Error(problem.title ?? t("The file was not kept."));
  }
  const made = (await answer.json()) as { id: string; name: string };
  await request("PUT", `${API}/cards/${card}/files/${made.id}`, {});
  toast(t("“%(file)s” is among the files of the space and attached to the card.", { file: made.name }));
  const name = made.name.replaceAll(/[[\]]/g, "");
  return `[${name}](${location.origin}/files/${space}/items/${made.id})`;
}
