/** Native <dialog>: confirmation of what cannot be undone, with the name of the thing. */
import { html, render } from "lit";
import { t } from "./i18n";

export interface Question {
  title: string;
  text: string;
  /** The verb on the button: « Supprimer ». */
  action: string;
  danger?: boolean;
}

let serial = 0;

/** Ask; true when the person confirmed. The focus starts on « Annuler » and returns to where it was. */
export async function confirm({ title, text, action, danger = false }: Question): Promise<boolean> {
  const dialog = document.createElement("dialog");
  const id = `question-${++serial}`;
  dialog.className = "dialog";
  dialog.setAttribute("aria-labelledby", `${id}-title`);
  dialog.setAttribute("aria-describedby", `${id}-text`);
  render(
    html`<form method="dialog" class="dialog__body">
      <h2 id="${id}-title">${title}</h2>
      <p id="${id}-text">${text}</p>
      <div class="dialog__actions">
        <button class="button" value="no" autofocus>${t("Cancel")}</button>
        <button class="button primary ${danger ? "danger" : ""}" value="yes">${action}</button>
      </div>
    </form>`,
    dialog,
  );
  document.body.append(dialog);
  dialog.showModal();
  await new Promise((resolve) => {
    dialog.addEventListener("close", resolve, { once: true });
  });
  dialog.remove();
  return dialog.returnValue === "yes";
}

/**
 * Forms and buttons that ask first: <form data-confirm="text" data-confirm-title="title">; the button's own words are
 * the action. Without scripts the form is simply sent.
 */
export function confirmForms(root: Document): void {
  const confirmed = new WeakSet<HTMLFormElement>();
  root.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    const asker = (event.submitter)?.dataset.confirm === undefined ? form : event.submitter;
    if (!(asker instanceof HTMLElement) || asker.dataset.confirm === undefined || confirmed.delete(form)) return;
    event.preventDefault();
    const { submitter } = event;
    const action = submitter?.textContent.trim() ?? "";
    void confirm({
      title: asker.dataset.confirmTitle ?? action,
      text: asker.dataset.confirm,
      action: action || t("Continue"),
      danger: submitter?.classList.contains("danger") ?? false,
    }).then((yes) => {
      if (!yes) return;
      confirmed.add(form);
      form.requestSubmit(submitter);
    });
  });
}
