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
import { WorkspacePanel } from './WorkspacePanel.tsx';
import './workspace-split.css';

interface WorkspaceSplitProps {
  readonly conversationId: string;
  readonly live?: ConversationLive | null;
  /** The conversation. */
  readonly children: ReactNode;
}

/** Room for both. */
const BOTH = '(min-width: 1000px)';

const sides = [
  { id: 'conversation', label: 'Conversation' },
  { id: 'workspace', label: 'Workspace' },
] as const;

type Side = (typeof sides)[number]['id'];

export function WorkspaceSplit({ children, conversationId, ...rest }: WorkspaceSplitProps) {
  const isWide = useMedia(BOTH);
  const [side, setSide] = useState<Side>('conversation');
  const [isOpen, setIsOpen] = useState(() => remembered('workspace.open') !== 'no');
  const toggle = (open: boolean): void => {
    setIsOpen(open);
    remember('workspace.open', open ? 'yes' : 'no');
  };
  // What was opened once stays, so that an unsaved file or a terminal is not lost by looking elsewhere.
  const wasShown = useRef(false);
  const isShown = isWide ? isOpen : side === 'workspace';
  wasShown.current ||= isShown;
  const panel = wasShown.current ? <WorkspacePanel conversationId={conversationId} {...rest} /> : null;

  const whole = useRef<HTMLDivElement>(null);
  const width = useSplitWidth(whole);
  return (
    <div className="split" ref={whole} data-wide={isWide || undefined}>
      {isWide ? null : (
        <PaneTabs tabs={sides} chosen={side} label="Conversation and workspace" onChoose={setSide} />
      )}
      <div className="split-main" {...sideProps('conversation', isWide, side)}>
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
      <div
        className="split-side"
        {...sideProps('workspace', isWide, side)}
        {...(isWide ? { hidden: !isOpen, style: { width: width.width } } : {})}
      >
        {panel}
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

function sideProps(id: Side, isWide: boolean, chosen: Side) {
  if (isWide) return {};
  return {
    id: `pane-${id}`,
    role: 'tabpanel',
    'aria-labelledby': `tab-${id}`,
    hidden: id !== chosen,
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
