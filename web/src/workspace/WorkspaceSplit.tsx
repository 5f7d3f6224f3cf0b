/**
 * A conversation and its workspace: beside each other where there is room, with a separator that can be moved; on a phone
 * one of them, by tabs.
 */
import {
  type KeyboardEvent,
  lazy,
  type PointerEvent,
  type ReactNode,
  Suspense,
  useEffect,
  useRef,
  useState,
} from 'react';
import { IconButton } from '../ui/Button.tsx';
import { useMedia } from '../ui/use-media.ts';
import type { ConversationLive } from './live.ts';
import { PaneTabs } from './PaneTabs.tsx';
import { type Pane, panes } from './panes.ts';
import { remember, remembered } from './remembered.ts';
import { clampWidth, MIN_WIDTH, widthAfter } from './split-width.ts';
import './workspace-split.css';

interface WorkspaceSplitProps {
  readonly conversationId: string;
  readonly live: ConversationLive;
  /** Whether the workspace stands beside the conversation, where there is room. */
  readonly isShown: boolean;
  readonly onShow: (isShown: boolean) => void;
  /** The conversation. */
  readonly children: ReactNode;
}

const WorkspacePanel = lazy(async () => {
  const { WorkspacePanel: panel } = await import('./WorkspacePanel.tsx');
  return { default: panel };
});

/** Room for both. */
const BOTH = '(min-width: 1100px)';

const tabs = [{ id: 'conversation', label: 'Conversation' }, ...panes] as const;

type Tab = (typeof tabs)[number]['id'];

export function WorkspaceSplit({ children, conversationId, isShown, live, onShow }: WorkspaceSplitProps) {
  const isWide = useMedia(BOTH);
  const [tab, setTab] = useState<Tab>('conversation');
  const [pane, setPane] = useState<Pane>('files');
  const isSeen = isWide ? isShown : tab !== 'conversation';
  // What was opened once stays, so that an unsaved file or a terminal is not lost by looking elsewhere.
  const [wasSeen, setWasSeen] = useState(isSeen);
  if (isSeen && !wasSeen) setWasSeen(true);
  const choose = (next: Tab): void => {
    setTab(next);
    if (next !== 'conversation') setPane(next);
  };
  const whole = useRef<HTMLDivElement>(null);
  const width = useSplitWidth(whole);
  return (
    <div className="split" ref={whole} data-wide={isWide || undefined}>
      {isWide ? null : (
        <PaneTabs tabs={tabs} chosen={tab} label="Conversation and workspace" onChoose={choose} />
      )}
      <div className="split-main" {...(isWide ? {} : panelOfConversation(tab))}>
        {children}
      </div>
      {isWide && isShown ? <Separator {...width} /> : null}
      <div className="split-side" hidden={!isSeen} style={isWide ? { width: width.width } : undefined}>
        {isWide && isShown ? (
          <header className="split-bar">
            <PaneTabs tabs={panes} chosen={pane} label="Parts of the workspace" onChoose={setPane} />
            <IconButton icon="close" label="Close the workspace" onClick={() => onShow(false)} />
          </header>
        ) : null}
        {wasSeen ? (
          <Suspense fallback={null}>
            <WorkspacePanel conversationId={conversationId} live={live} pane={pane} />
          </Suspense>
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
