/** Says something to screen readers through the page's live region (#announcements of layout.html). */
export function announce(text: string): void {
  const region = document.getElementById("announcements");
  if (!region) return;
  const line = document.createElement("p");
  line.textContent = text;
  // A second line is read even when it says the same; old ones are of no use to somebody who browses the page.
  region.append(line);
  setTimeout(() => {
    line.remove();
  }, 10_000);
}
