/** The page of a board. */
import "../boards/board";
