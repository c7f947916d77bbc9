/** The page of a meeting's room. */
import "../room/element";
