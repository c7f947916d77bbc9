/** Moving cards by pointer: what is picked up, where it would fall, and the line that shows it. */
import { combine } from "@atlaskit/pragmatic-drag-and-drop/combine";
import { draggable, dropTargetForElements, monitorForElements } from "@atlaskit/pragmatic-drag-and-drop/element/adapter";
import type { Move } from "./state";

const CARD = "[data-card]";

export interface DragHost {
  picked(card: string): void;
  /** `from`, `to`: the lanes, where there are some. */
  dropped(move: (Move & { from?: string | undefined; to?: string | undefined }) | undefined): void;
}

/** Make a card something one can pick up. */
export function draggableCard(element: HTMLElement): void {
  draggable({ element, getInitialData: () => ({ card: element.dataset.card, lane: element.closest<HTMLElement>("[data-lane]")?.dataset.lane }) });
}

/** Make a column's list something a card can fall into. */
export function droppableList(element: HTMLElement): void {
  dropTargetForElements({
    element,
    getData: ({ input }) => ({ column: element.dataset.column, lane: element.dataset.lane, y: input.clientY }),
    canDrop: ({ source }) => typeof source.data.card === "string",
    getIsSticky: () => true,
  });
}

/** Follow every drag on the page until the returned function is called. */
export function followDrags(host: DragHost): () => void {
  let line: HTMLElement | undefined;
  const clear = (): void => {
    line?.removeAttribute("data-drop");
    line = undefined;
  };
  return combine(
    monitorForElements({
      onDragStart: ({ source }) => {
        source.element.classList.add("carried");
        host.picked(String(source.data.card));
      },
      onDrag: ({ source, location }) => {
        clear();
        const target = location.current.dropTargets[0];
        if (!target) return;
        const { cards, index } = landing(target.element, String(source.data.card), location.current.input.clientY);
        line = (cards[index] ?? cards.at(-1) ?? target.element) as HTMLElement;
        line.dataset.drop = index < cards.length ? "before" : "after";
      },
      onDrop: ({ source, location }) => {
        clear();
        source.element.classList.remove("carried");
        const card = String(source.data.card);
        const target = location.current.dropTargets[0];
        const column = target?.data.column;
        if (!target || typeof column !== "string") {
          host.dropped(undefined);
          return;
        }
        const { index } = landing(target.element, card, location.current.input.clientY);
        host.dropped({ card, column, position: index, from: source.data.lane as string | undefined, to: target.data.lane as string | undefined });
      },
    }),
    clear,
  );
}

/** The cards of a list without the one that is carried, and before which of them the pointer is. */
function landing(list: Element, carried: string, y: number): { cards: Element[]; index: number } {
  const cards = [...list.querySelectorAll<HTMLElement>(CARD)].filter(({ dataset }) => dataset.card !== carried);
  const ends = new Map<Element | null, number>();
  const endOf = (part: Element | null): number => {
    const end = ends.get(part) ?? part?.getBoundingClientRect().bottom ?? 0;
    ends.set(part, end);
    return end;
  };
  const found = cards.findIndex((card) => {
    // Whole parts above the pointer are passed over without being laid out.
    if (endOf(card.parentElement) < y) return false;
    const { top, height } = card.getBoundingClientRect();
    return y < top + height / 2;
  });
  return { cards, index: found < 0 ? cards.length : found };
}
