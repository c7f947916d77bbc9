/** Buttons that print the page: <button data-print hidden>; without scripts the browser's own menu does it. */
export function offerPrint(root: Document): void {
  for (const button of root.querySelectorAll<HTMLButtonElement>("button[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => { print(); });
  }
}
