/**
 * A conversation and its workspace: beside each other where there is room, with a separator that can be moved; on a phone
 * one of them, by tabs.
 */
import { type KeyboardEvent, type PointerEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { IconButton } from '../ui/Button.tsx';
import { useMedia } from '../ui/use-media.ts';
import type { ConversationLive } from './live.ts';
import { PaneTabs } from './PaneTabs.tsx';
import { remember, remembered } from './remembered.ts';
import { clampWidth, MIN_WIDTH, widthAfter } from './split-width.ts';
import { panes, WorkspacePanel } from './WorkspacePanel.tsx';
import './workspace-split.css';

interface WorkspaceSplitProps {
  readonly conversationId: string;
  readonly live?: ConversationLive | null;
  /** The conversation. */
  readonly children: ReactNode;
}

/** Room for both. */
const BOTH = '(min-width: 1100px)';

const tabs = [{ id: 'conversation', label: 'Conversation' }, ...panes] as const;

type Tab = (typeof tabs)[number]['id'];

export function WorkspaceSplit({ children, conversationId, ...rest }: WorkspaceSplitProps) {
  const isWide = useMedia(BOTH);
  const [tab, setTab] = useState<Tab>('conversation');
  const [isOpen, setIsOpen] = useState(() => remembered('workspace.open') !== 'no');
  const toggle = (open: boolean): void => {
    setIsOpen(open);
    remember('workspace.open', open ? 'yes' : 'no');
  };
  // What was opened once stays, so that an unsaved file or a terminal is not lost by looking elsewhere.
  const isShown = isWide ? isOpen : tab !== 'conversation';
  const [wasShown, setWasShown] = useState(isShown);
  if (isShown && !wasShown) setWasShown(true);
  const pane = isWide ? {} : { pane: tab === 'terminal' ? tab : ('files' as const) };

  const whole = useRef<HTMLDivElement>(null);
  const width = useSplitWidth(whole);
  return (
    <div className="split" ref={whole} data-wide={isWide || undefined}>
      {isWide ? null : (
        <PaneTabs tabs={tabs} chosen={tab} label="Conversation and workspace" onChoose={setTab} />
      )}
      <div className="split-main" {...(isWide ? {} : panelOfConversation(tab))}>
        {children}
        {isWide && !isOpen ? (
          <IconButton
            icon="panel"
            label="Show the workspace"
            className="split-open"
            onClick={() => toggle(true)}
          />
        ) : null}
      </div>
      {isWide && isOpen ? <Separator {...width} /> : null}
      <div className="split-side" hidden={!isShown} style={isWide ? { width: width.width } : undefined}>
        {wasShown ? <WorkspacePanel conversationId={conversationId} {...rest} {...pane} /> : null}
        {isWide ? (
          <IconButton
            icon="panel"
            label="Hide the workspace"
            className="split-close"
            onClick={() => toggle(false)}
          />
        ) : null}
      </div>
    </div>
  );
}

function panelOfConversation(tab: Tab) {
  return {
    id: 'pane-conversation',
    role: 'tabpanel',
    'aria-labelledby': 'tab-conversation',
    hidden: tab !== 'conversation',
  };
}

interface SplitWidth {
  readonly width: number;
  /** Of both together. */
  readonly whole: number;
  readonly change: (width: number) => void;
  readonly reset: () => void;
}

function useSplitWidth(element: React.RefObject<HTMLDivElement | null>): SplitWidth {
  const [whole, setWhole] = useState(() => window.innerWidth);
  const [wanted, setWanted] = useState<number | null>(() => {
    const kept = Number(remembered('workspace.width') ?? Number.NaN);
    return Number.isFinite(kept) && kept > 0 ? kept : null;
  });
  useEffect(() => {
    if (element.current === null) return;
    const sizes = new ResizeObserver(([entry]) => {
      if (entry !== undefined) setWhole(entry.contentRect.width);
    });
    sizes.observe(element.current);
    return () => sizes.disconnect();
  }, [element]);
  const change = (next: number | null): void => {
    setWanted(next);
    remember('workspace.width', next === null ? '' : String(next));
  };
  return {
    whole,
    width: clampWidth(wanted, whole),
    change: (next) => change(clampWidth(next, whole)),
    reset: () => change(null),
  };
}

function Separator({ change, reset, whole, width }: SplitWidth) {
  const onPointerMove = (event: PointerEvent<HTMLElement>): void => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    const right = event.currentTarget.parentElement?.getBoundingClientRect().right ?? 0;
    change(right - event.clientX);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const next = widthAfter(event.key, width, whole);
    if (next === null) return;
    event.preventDefault();
    change(next);
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a rule that can be moved is no `hr`
    <div
      className="split-separator"
      role="separator"
      tabIndex={0}
      aria-label="Width of the workspace"
      aria-orientation="vertical"
      aria-valuemin={MIN_WIDTH}
      aria-valuemax={clampWidth(whole, whole)}
      aria-valuenow={Math.round(width)}
      onPointerDown={(event) => {
        event.preventDefault();
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={onPointerMove}
      onDoubleClick={reset}
      onKeyDown={onKeyDown}
    />
  );
}
