/** The scheme of the page: the server writes the person's choice, the settings page shows it before it is saved. */
export type Theme = "system" | "light" | "dark";

export function applyTheme(theme: Theme): void {
  const root = document.documentElement;
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  const meta = document.querySelector<HTMLMetaElement>('meta[name="color-scheme"]');
  if (meta) meta.content = theme === "system" ? "light dark" : theme;
}

/** Radios named `theme` (settings page) show their effect at once. */
export function previewTheme(root: Document): void {
  root.addEventListener("change", ({ target }) => {
    if (target instanceof HTMLInputElement && target.name === "theme") applyTheme(target.value as Theme);
  });
}
