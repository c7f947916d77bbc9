import { type TemplateResult, html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { announce } from "../../announce";
import { LightElement } from "../../elements/light";
import { t } from "../../i18n";
import { icon } from "../../icon";
import { type WireError, realtime } from "../../realtime";
import { toast } from "../../toast";
import { type PathKind, type Paths, type TrialSignal, tryLoad, tryPath } from "../media/trial";
import { type Findings, isFine, judgeTrial, pathName, report, rows, verdictWords } from "../trial";

type Ack = { ok: true; sdp?: string; servers?: RTCIceServer[] } | { ok: false; error: WireError };

/** The server says no, in its words. */
class Refused extends Error {}

async function ask(event: string, body: unknown): Promise<Extract<Ack, { ok: true }>> {
  const ack = (await realtime().call(`room.${event}`, body)) as Ack;
  if (ack.ok) return ack;
  throw new Refused(ack.error.title);
}

const SIGNAL: TrialSignal = {
  send: async (sdp, labels) => (await ask("try_send", { sdp, labels })).sdp ?? "",
  receive: async (sdp) => (await ask("try_receive", { sdp })).sdp ?? "",
};

/** <hc-trial meeting>: at the door, tries the connection and says what it is good for. */
@customElement("hc-trial")
export class TrialElement extends LightElement {
  @property() meeting = "";
  /** What is being tried. */
  @state() private step = "";
  @state() private findings: Findings | null = null;
  @state() private failed = "";
  private at = new Date();

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    if (this.step) realtime().call("room.try_end", {}).catch(() => undefined);
  }

  protected override render(): TemplateResult {
    return html`<button class="button quiet" type="button" aria-busy=${this.step !== ""} ?disabled=${this.step !== ""} @click=${() => void this.begin()}>
        ${this.step === "" ? icon("gauge") : nothing}${t("Try the connection")}
      </button>
      <p class="trial__step" role="status">${this.step}</p>
      ${this.failed ? html`<p class="door__problem" role="alert">${icon("triangle-alert")}<span>${this.failed}</span></p>` : nothing}
      ${this.findings && !this.step ? this.renderFindings(this.findings) : nothing}`;
  }

  private renderFindings(findings: Findings): TemplateResult {
    const verdict = judgeTrial(findings);
    const text = report(findings, this.at, navigator.userAgent, location.host);
    return html`<section class="trial" aria-label=${t("Result of the trial")}>
      <p class="trial__verdict ${isFine(verdict) ? "fine" : ""}">${icon(isFine(verdict) ? "circle-check" : "triangle-alert")}<span>${verdictWords(verdict)}</span></p>
      <dl>
        ${rows(findings).map(
          ({ name, value, bad }) => html`<div><dt>${name}</dt><dd>${bad ? icon("triangle-alert", t("Weak")) : nothing}<span>${value}</span></dd></div>`,
        )}
      </dl>
      <details>
        <summary>${t("Report of the trial")}</summary>
        <pre tabindex="0" role="group" aria-label=${t("Report of the trial")}>${text}</pre>
      </details>
      <button class="button small" type="button" @click=${() => void this.copy(text)}>${icon("copy")}${t("Copy the report")}</button>
    </section>`;
  }

  private async begin(): Promise<void> {
    this.findings = null;
    this.failed = "";
    this.step = t("Asking the server…");
    try {
      const findings = await this.find();
      this.findings = findings;
      this.at = new Date();
      announce(verdictWords(judgeTrial(findings)));
    } catch (error) {
      if (error instanceof TypeError) throw error;
      this.failed = error instanceof Refused ? error.message : t("The server does not answer. Look at your network, then try again.");
    } finally {
      this.step = "";
      realtime().call("room.try_end", {}).catch(() => undefined);
    }
  }

  private async find(): Promise<Findings> {
    const { servers = [] } = await ask("try", { meeting: this.meeting });
    const kinds: PathKind[] = servers.length > 0 ? ["udp", "tcp", "relay"] : ["udp", "tcp"];
    const paths: Partial<Record<PathKind, number | null>> = {};
    for (const kind of kinds) {
      this.step = t("Trying: %(what)s", { what: pathName(kind) });
      paths[kind] = await tryPath(kind, servers, SIGNAL);
    }
    return { paths, carried: await this.load(paths, servers) };
  }

  private async load(paths: Paths, servers: RTCIceServer[]): Promise<Findings["carried"]> {
    if (Object.values(paths).every((time) => time === null)) return null;
    this.step = t("Measuring what the line carries…");
    return tryLoad(servers, SIGNAL);
  }

  private async copy(text: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      toast(t("Copied."));
    } catch {
      toast(t("This browser does not let the page copy. The value is shown: select it and copy it."), { kind: "danger" });
    }
  }
}
