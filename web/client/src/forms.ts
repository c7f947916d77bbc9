/** Plain forms, upgraded: a form is sent once, and the first field that is wrong has the focus. */
export function upgradeForms(root: Document): void {
  root.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    if (event.defaultPrevented || form.method === "dialog" || form.dataset.live !== undefined) return;
    if (form.getAttribute("aria-busy") === "true") {
      event.preventDefault();
      return;
    }
    form.setAttribute("aria-busy", "true");
    event.submitter?.setAttribute("aria-busy", "true");
  });
  // The way back from the next page finds the form as it was.
  globalThis.addEventListener("pageshow", () => {
    for (const busy of root.querySelectorAll('[aria-busy="true"]')) busy.removeAttribute("aria-busy");
  });
  root.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
}
