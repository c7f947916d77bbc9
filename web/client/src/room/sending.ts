/**
 * What one sends, at the door and inside: devices switched on and off, exchanged, spoken through while a key is held,
 * stopped by a host, or gone in the middle of the call. What happens is said in words.
 */
import { announce } from "../announce";
import { t } from "../i18n";
import { toast } from "../toast";
import { type Call, type Label, silencedWords } from "./call";
import { DeviceError, type DeviceKind } from "./media";
import { OwnDevices, type Owned, type Sendable } from "./own";
import { remember } from "./preferences";
import { problemWords } from "./problems";
import { isSilenced, maySpeak } from "./views/floor";

export class Sending {
  readonly devices: OwnDevices;
  /** The microphone is open for as long as a key is held. */
  private talking = false;
  private readonly call: Call;

  constructor(call: Call, changed: (owned: Owned) => void) {
    this.call = call;
    this.devices = new OwnDevices(changed, (kind, label) => void this.lost(kind, label));
  }

  private get inside(): boolean {
    const { phase } = this.call.now;
    return phase === "in" || phase === "joining";
  }

  async toggle(kind: Sendable): Promise<void> {
    const { now } = this.call;
    const on = !(now[kind] && this.devices.now[kind] !== null);
    if (on && this.inside && kind === "microphone" && !maySpeak(now)) {
      toast(isSilenced(now) ? t("The chair has closed your microphone. Your vote stays yours.") : t("The queue opens the microphones: raise your hand to speak."));
      return;
    }
    if (on && this.devices.now[kind] === null && !(await this.devices.open(kind))) {
      const problem = this.devices.now.problems[kind];
      if (this.inside && problem) toast(problemWords(kind, problem), { kind: "danger" });
      return;
    }
    if (!on && kind === "camera") this.devices.close("camera");
    if (this.inside) await this.call.send(kind, on ? this.devices.now[kind] : null);
    else {
      remember({ [kind]: on });
      this.call.take({ kind: "own", [kind]: on });
    }
  }

  /** Another device: inside, what was sent through the former goes on through this one. */
  async choose(kind: DeviceKind, id: string): Promise<void> {
    if (kind === "speaker") {
      this.devices.chooseSpeaker(id);
      return;
    }
    const sends = this.call.now[kind];
    if (!(await this.devices.open(kind, id))) return;
    if (!this.inside) this.call.take({ kind: "own", [kind]: true });
    else if (sends) await this.call.send(kind, this.devices.now[kind]);
    else if (kind === "camera") this.devices.close("camera");
  }

  /** Speak for as long as this is true; nothing happens while the microphone is open anyhow. */
  async talk(on: boolean): Promise<void> {
    if (on === this.talking || (on && this.call.now.microphone)) return;
    this.talking = on;
    if (this.call.now.microphone === on) return; // it was not let open
    await this.toggle("microphone");
    const { microphone } = this.call.now;
    if (microphone === this.#talks()) announce(microphone ? t("You can be heard.") : t("Your microphone is off again."));
    else if (microphone) await this.toggle("microphone"); // the key went up while it was being opened
  }

  async share(): Promise<void> {
    try {
      await this.call.share(!this.call.now.sharing);
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error;
      if (error.problem !== "cancelled") toast(t("This browser cannot share the screen."), { kind: "danger" });
    }
  }

  /** A host stopped what one sends: the device goes off as if one had done it oneself. */
  async silenced(label: Label, by: string): Promise<void> {
    if (label === "screen" || label === "screen_sound") await this.call.share(false);
    else if (this.call.now[label]) await this.toggle(label);
    toast(silencedWords(label, by));
  }

  /** Read anew after an await: TypeScript would remember the answer of before. */
  #talks(): boolean {
    return this.talking;
  }

  /** A microphone makes way to another one by itself, for one is speaking; a camera does not, for one may not want it. */
  private async lost(kind: Sendable, label: string): Promise<void> {
    if (!this.inside) return;
    const sent = this.call.now[kind];
    await this.call.send(kind, null);
    if (kind === "camera") {
      toast(t("The camera was unplugged or taken away: %(name)s. You are no longer seen.", { name: label }), { kind: "danger" });
      return;
    }
    if (sent && (await this.devices.open(kind))) {
      await this.call.send(kind, this.devices.now[kind]);
      const name = this.devices.now.microphone?.label ?? "";
      toast(t("The microphone was unplugged: %(lost)s. You are heard through another one now: %(name)s.", { lost: label, name }), { kind: "info" });
    } else {
      toast(t("The microphone was unplugged: %(lost)s. You are no longer heard. Plug one in, then switch it on.", { lost: label }), { kind: "danger" });
    }
  }
}
