/**
 * The picture in a small window above all others. Where the browser lets a page fill such a window itself, it has the
 * name and the most needed controls too; elsewhere it is the browser's own window with the picture alone.
 */
import { type TemplateResult, render } from "lit";
import { t } from "../i18n";

interface WindowOfItsOwn {
  requestWindow(options: { width: number; height: number }): Promise<Window>;
}

const SIZE = { width: 400, height: 280 };

const documents = (): WindowOfItsOwn | undefined =>
  (globalThis as { documentPictureInPicture?: WindowOfItsOwn }).documentPictureInPicture;

/** Whether this browser has windows of that kind at all. */
export const canFloat = (): boolean => documents() !== undefined || document.pictureInPictureEnabled;

export class Floating {
  /** The tile that it shows; null while there is no such window. */
  tile: string | null = null;
  private opened: Window | null = null;
  private video: HTMLVideoElement | null = null;

  constructor(private readonly changed: () => void) {}

  get isOpen(): boolean {
    return this.tile !== null;
  }

  /** In device pixels. */
  get height(): number {
    return Math.round((this.opened?.innerHeight ?? SIZE.height) * devicePixelRatio);
  }

  /** Open it for this tile, whose picture is this video; throws what the browser says where it does not. */
  async open(tile: string, video: HTMLVideoElement | null): Promise<void> {
    const own = documents();
    if (own) {
      const opened = await own.requestWindow(SIZE);
      this.opened = opened;
      dress(opened.document);
      opened.addEventListener("pagehide", this.#ended);
    } else {
      if (!video) throw new DOMException("no picture", "InvalidStateError");
      await video.requestPictureInPicture();
      this.video = video;
      video.addEventListener("leavepictureinpicture", this.#ended, { once: true });
    }
    this.tile = tile;
    this.changed();
  }

  /** Fill the window with this; nothing happens where the browser fills it. */
  show(tile: string, content: TemplateResult): void {
    if (!this.opened) return;
    render(content, this.opened.document.body);
    if (tile === this.tile) return;
    this.tile = tile;
    this.changed();
  }

  close(): void {
    this.opened?.close();
    if (this.video && document.pictureInPictureElement === this.video) void document.exitPictureInPicture();
    if (this.isOpen) this.#ended();
  }

  #ended = (): void => {
    if (!this.isOpen) return;
    this.opened = this.video = this.tile = null;
    this.changed();
  };
}

/** The page's language, look and title. */
function dress(to: Document): void {
  to.documentElement.lang = document.documentElement.lang;
  to.title = t("Meeting in a small window");
  for (const sheet of document.querySelectorAll<HTMLLinkElement>('link[rel="stylesheet"]')) {
    const link = to.createElement("link");
    link.rel = "stylesheet";
    link.href = sheet.href;
    to.head.append(link);
  }
  to.body.className = "stage floating";
}
