/** The calculators of the council, its live sittings, their minutes. */
import { upgradeCalculators } from "../council/calculator";
import { upgradeLive } from "../council/live";
import { upgradeMinutes } from "../council/minutes";

upgradeCalculators(document);
upgradeLive(document);
upgradeMinutes(document);
