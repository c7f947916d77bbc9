/** What a file shows. */
import "../preview/element";
