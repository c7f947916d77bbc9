/** The page of a deposit box. */
import "../files/deposit";
