/** The calculators of the council, and its live sittings. */
import { upgradeCalculators } from "../council/calculator";
import { upgradeLive } from "../council/live";

upgradeCalculators(document);
upgradeLive(document);
