/** What rows of the timeline can do, and what they remember while they are not drawn. */
import { createContext, useContext, useState } from 'react';

export interface TimelineActions {
  /** Shows what can be done from a row on, beside the button. */
  readonly openMenu: (id: number, button: HTMLElement) => void;
  /** Shows an image large, for as long as a person looks at it: its row may go meanwhile. */
  readonly enlarge: (url: string) => void;
  /** A card opens or closes: it stays where it is. */
  readonly holdRow: (id: number) => void;
  /** Which rows a person has opened, or closed, against what they were. */
  readonly toggled: Map<number, boolean>;
}

export const TimelineContext = createContext<TimelineActions | null>(null);

export function useTimelineActions(): TimelineActions {
  const actions = useContext(TimelineContext);
  if (actions === null) throw new Error('A row stands outside of a timeline.');
  return actions;
}

/** Whether a row is open, also after it was out of view. */
export function useOpen(id: number): [isOpen: boolean, toggle: () => void] {
  const { holdRow, toggled } = useTimelineActions();
  const [isOpen, setOpen] = useState(() => toggled.get(id) ?? false);
  const toggle = (): void => {
    holdRow(id);
    toggled.set(id, !isOpen);
    setOpen(!isOpen);
  };
  return [isOpen, toggle];
}
