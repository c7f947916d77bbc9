/** The calculators of the council. */
import { upgradeCalculators } from "../council/calculator";

upgradeCalculators(document);
