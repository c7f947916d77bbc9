/** The pages of imports, and of a board to print. */
import "../boards/import";
import { offerPrint } from "../print";

offerPrint(document);
