/** The page of a file or folder. */
import "../files/item";
