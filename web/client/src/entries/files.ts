/** The page of a folder. */
import "../files/element";
