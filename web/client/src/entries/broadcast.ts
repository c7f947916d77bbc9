/** The page on which the public watches a room. */
import "../broadcast/element";
