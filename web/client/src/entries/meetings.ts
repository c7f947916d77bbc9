/** The pages of meetings: who is in the room, and whom to invite. */
import "../elements/people-picker";
import "../elements/presence";
