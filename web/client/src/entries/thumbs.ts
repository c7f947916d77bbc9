/** Small pictures in lists that have no other script. */
import "../files/thumb";
