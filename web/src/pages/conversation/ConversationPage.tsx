/** One conversation: what happened, and what a person can do about it. */
import { useCallback, useEffect, useLayoutEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { useCommands } from '../../commands/use-commands.ts';
import { Composer, focusComposer } from '../../conversation/Composer.tsx';
import { ConversationHeader } from '../../conversation/ConversationHeader.tsx';
import type { ConversationSession, SessionView } from '../../conversation/conversation-session.ts';
import { DraftRow } from '../../conversation/DraftRow.tsx';
import { OutboxRows } from '../../conversation/OutboxRows.tsx';
import { type OpenRowMenu, RowMenu } from '../../conversation/RowMenu.tsx';
import { StatusBanner } from '../../conversation/StatusBanner.tsx';
import { PendingBar } from '../../conversation/SteeringBar.tsx';
import { Timeline } from '../../conversation/Timeline.tsx';
import { TravelBar } from '../../conversation/TravelBar.tsx';
import { TimelineContext } from '../../conversation/timeline-context.ts';
import { TimelineScroller } from '../../conversation/timeline-scroller.ts';
import { useComposerWords } from '../../conversation/use-composer-words.ts';
import { useConversationCommands } from '../../conversation/use-conversation-commands.ts';
import { useEventTarget } from '../../conversation/use-event-target.ts';
import { useMoved } from '../../conversation/use-moved.ts';
import { usePendingAction } from '../../conversation/use-pending-action.ts';
import { copyLink, fork, useRowActions } from '../../conversation/use-row-actions.ts';
import { useSession } from '../../conversation/use-session.ts';
import { useSteering } from '../../conversation/use-steering.ts';
import { useStoredFlag } from '../../conversation/use-stored-flag.ts';
import { useStatusAt } from '../../conversation/use-travel.ts';
import { shownAgentState } from '../../data/agent-state.ts';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { WorkspaceSplit } from '../../workspace/WorkspaceSplit.tsx';
import './conversation-page.css';
import { Dialog } from '../../ui/Dialog.tsx';

/** From this width on, the workspace is shown until a person hides it. */
const WIDE = 1_280;

export function ConversationPage({ id }: { readonly id: string }) {
  const [session, view] = useSession(id);
  const [scroller] = useState(() => new TimelineScroller(session.window));
  const [cut, setCut] = useState<number | null>(null);
  const [isWorkspaceShown, setWorkspaceShown] = useStoredFlag('convene.workspace', window.innerWidth >= WIDE);
  const target = useEventTarget(scroller, view.head);
  const [steer, isBusy] = useSteering(session);
  const pending = usePendingAction(id, view.status);
  const statusAt = useStatusAt(id, cut);
  const { head } = view;
  const end = cut === null ? head : Math.min(cut, head);

  useLayoutEffect(() => scroller.cutAt(cut), [scroller, cut]);

  const [menu, setMenu] = useState<OpenRowMenu | null>(null);
  const openMenu = useCallback((event: number, button: HTMLElement) => setMenu({ id: event, button }), []);
  const [enlarged, setEnlarged] = useState<string | null>(null);
  const rowActions = useRowActions(scroller, openMenu, setEnlarged);
  const toggleTravel = useCallback(() => setCut((now) => (now === null ? Math.max(0, head) : null)), [head]);
  const toggleWorkspace = useCallback(
    () => setWorkspaceShown(!isWorkspaceShown),
    [isWorkspaceShown, setWorkspaceShown],
  );
  const commands = useConversationCommands({
    id,
    scroller,
    state: view.status.state,
    pending: pending?.id ?? null,
    steer,
    isTravelling: cut !== null,
    toggleTravel,
    toggleWorkspace,
  });
  useCommands(commands.list);

  return (
    <main className="conversation-page" data-link={view.link.kind} data-head={head}>
      <ConversationHeader
        id={id}
        view={view}
        steer={steer}
        isBusy={isBusy}
        onNextNeed={commands.nextNeed}
        onTravel={toggleTravel}
        isWorkspaceShown={isWorkspaceShown}
        onWorkspace={toggleWorkspace}
      />
      <WorkspaceSplit
        conversationId={id}
        live={session.live}
        isShown={isWorkspaceShown}
        onShow={setWorkspaceShown}
      >
        <div className="conversation-main">
          <Banner id={id} session={session} view={view} />
          <TimelineContext value={rowActions}>
            <Timeline
              scroller={scroller}
              drafts={session.drafts}
              end={end}
              isLive={cut === null}
              target={target}
              footer={
                cut === null ? (
                  <>
                    {head === -1 && view.link.kind === 'live' ? (
                      <EmptyState title="Nothing has happened here yet">
                        <p>Write what is to be done.</p>
                      </EmptyState>
                    ) : null}
                    <OutboxRows outbox={session.outbox} />
                    <DraftRow
                      text={session.drafts.message}
                      state={view.status.state}
                      notice={view.notice?.message ?? null}
                    />
                  </>
                ) : null
              }
              overlay={cut === null ? <NewRows scroller={scroller} /> : null}
            />
          </TimelineContext>
          {cut === null ? (
            <div className="conversation-dock">
              {pending === null ? null : (
                <PendingBar
                  pending={pending}
                  steer={steer}
                  isBusy={isBusy}
                  onShow={() => scroller.toEvent(pending.id)}
                />
              )}
              <ConversationComposer id={id} session={session} view={view} scroller={scroller} />
            </div>
          ) : (
            <TravelBar
              at={end}
              head={head}
              timestamp={session.window.get(end)?.timestamp ?? null}
              status={statusAt}
              onMove={setCut}
              onBack={() => setCut(null)}
              onFork={() => void fork(id, end)}
            />
          )}
        </div>
      </WorkspaceSplit>
      {enlarged === null ? null : (
        <Dialog title="Image" onClose={() => setEnlarged(null)}>
          <img src={enlarged} alt="" className="image-large" />
        </Dialog>
      )}
      {menu === null ? null : (
        <RowMenu
          open={menu}
          onClose={() => setMenu(null)}
          onCopyLink={(event) => void copyLink(id, event)}
          onTravel={setCut}
          onFork={(event) => void fork(id, event)}
        />
      )}
      <div className="visually-hidden" aria-live="polite">
        {view.status.since === -1 ? '' : shownAgentState(view.status.state).word}
      </div>
    </main>
  );
}

interface PartProps {
  readonly session: ConversationSession;
  readonly view: SessionView;
}

function Banner({ id, session, view }: PartProps & { readonly id: string }) {
  const entries = useSyncExternalStore(session.outbox.subscribe, () => session.outbox.entries);
  const waiting = entries.filter(({ isKept, state }) => isKept && state === 'waiting').length;
  const node = useMoved(id, view.link);
  return (
    <StatusBanner link={view.link} waiting={waiting}>
      {node === null ? null : (
        <div className="banner">Moved to another node, {node.slice(0, 12)}, and goes on.</div>
      )}
    </StatusBanner>
  );
}

function NewRows({ scroller }: { readonly scroller: TimelineScroller }) {
  const { isFollowing, unseen } = useSyncExternalStore(scroller.subscribe, scroller.view);
  if (isFollowing) return null;
  return (
    <button type="button" className="to-end" onClick={() => scroller.toEnd()}>
      {unseen === 0 ? 'To the end' : `${unseen.toLocaleString()} new`}
      <span aria-hidden="true"> ↓</span>
    </button>
  );
}

interface ConversationComposerProps extends PartProps {
  readonly id: string;
  readonly scroller: TimelineScroller;
}

function ConversationComposer({ id, scroller, session, view }: ConversationComposerProps) {
  const words = useComposerWords(view.status.state);
  const send = useMemo(
    () => (text: string, images: readonly string[]) => {
      session.say(text, images);
      scroller.toEnd();
    },
    [scroller, session],
  );
  useEffect(() => {
    if (window.matchMedia('(pointer: fine)').matches) focusComposer();
  }, []);
  return <Composer key={id} conversationId={id} {...words} onSend={send} />;
}
