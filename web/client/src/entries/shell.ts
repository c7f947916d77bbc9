/** Every page: menus, forms, confirmations and the small elements that templates use. */
import "../elements/bell";
import "../elements/connection";
import "../elements/secret";
import { searchShortcuts } from "../elements/search";
import { confirmForms } from "../dialog";
import { upgradeForms } from "../forms";
import { upgradeMenus } from "../menus";
import { previewTheme } from "../theme";

confirmForms(document);
upgradeForms(document);
upgradeMenus(document);
previewTheme(document);
searchShortcuts(document);
