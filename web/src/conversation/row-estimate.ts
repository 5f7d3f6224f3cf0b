/** How high a row will be, about: the better, the less a scroll bar moves by itself. */
import { isAction, kindOf, type StoredEvent } from 'convene/client';

/** Of an event that has not been loaded; about every second one has no row. */
export const UNKNOWN_HEIGHT = 30;

const LINE = 21;
const CARD = 42;
const MESSAGE = 44;
const CHARACTERS_A_LINE = 90;
/** Of a command's output, before it is opened. */
const SHOWN_LINES = 8;

export function estimatedHeight(event: StoredEvent): number {
  switch (kindOf(event)) {
    case 'message':
    case 'finish':
      return MESSAGE + linesOf(event.message) * LINE;
    case 'run':
    case 'run_ipython':
      return CARD + (isAction(event) ? 0 : Math.min(SHOWN_LINES, linesOf(event.message)) * LINE);
    case 'think':
      return LINE + linesOf(event.message) * LINE;
    case 'agent_state_changed':
      return 32;
    default:
      return CARD;
  }
}

function linesOf(text: string): number {
  let lines = 0;
  let start = 0;
  while (start <= text.length && lines < 60) {
    const end = text.indexOf('\n', start);
    const length = (end === -1 ? text.length : end) - start;
    lines += Math.max(1, Math.ceil(length / CHARACTERS_A_LINE));
    if (end === -1) break;
    start = end + 1;
  }
  return lines;
}
