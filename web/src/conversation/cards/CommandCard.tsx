import { isAction, type StoredEvent } from 'convene/client';
import { AnsiText } from '../AnsiText.tsx';
import { contentOf, duration, exitCodeOf, msBetween, textField } from '../event-fields.ts';
import { lastLines } from '../folded-text.ts';
import { Text } from '../Text.tsx';
import { asks, confirmationOf } from '../timeline-rows.ts';
import { Card } from './Card.tsx';
import { Elapsed } from './Elapsed.tsx';
import { WholeText } from './WholeText.tsx';

export interface ActionCardProps {
  readonly event: StoredEvent;
  /** The same action, once it was confirmed or rejected. */
  readonly copy: StoredEvent | null;
  readonly answer: StoredEvent | null;
  /** What it has printed so far. */
  readonly output: string;
  /** Whether the log ends so soon after it that it may still be under way. */
  readonly isRecent: boolean;
}

const PREVIEW_LINES = 8;
const OPEN_CHARACTERS = 200_000;

/** A command, or code: what it printed, how it ended, how long it took. */
export function CommandCard(props: ActionCardProps) {
  const { answer, copy, event, output } = props;
  const command = textField(event, 'command') || textField(event, 'code');
  const isRejected = answer !== null && !isAction(answer) && answer.observation === 'user_rejected';
  const printed = answer === null ? output : isRejected ? '' : contentOf(answer);
  const isError = answer !== null && !isAction(answer) && answer.observation === 'error';
  const isPending = asks(event) && copy === null && answer === null;
  const { hidden, text } = lastLines(printed.slice(-20_000), PREVIEW_LINES);
  const hasMore = hidden > 0 || printed.length > 20_000 || command.includes('\n') || command.length > 90;
  return (
    <Card
      id={event.id}
      glyph="command"
      tone={isPending ? 'waiting' : isFailed(props) ? 'failed' : 'plain'}
      title={
        <code>
          <Text text={firstLine(command)} />
        </code>
      }
      outcome={<Outcome {...props} />}
      preview={
        text === '' ? null : (
          <pre className="card-output" data-tone={isError ? 'error' : undefined}>
            {hasMore && hidden > 0 ? (
              <span className="card-more">
                {hidden} lines before this{'\n'}
              </span>
            ) : null}
            <AnsiText text={text} />
          </pre>
        )
      }
    >
      {hasMore ? <WholeCommand command={command} printed={printed} /> : null}
    </Card>
  );
}

function WholeCommand({ command, printed }: { readonly command: string; readonly printed: string }) {
  const isCut = printed.length > OPEN_CHARACTERS;
  return (
    <>
      <pre className="card-source">
        <Text text={command} />
      </pre>
      {printed === '' ? null : (
        <WholeText label="Output">
          {isCut ? <span className="card-more">Only the end of it is shown.{'\n'}</span> : null}
          <AnsiText text={printed.slice(-OPEN_CHARACTERS).replace(/\n$/, '')} />
        </WholeText>
      )}
    </>
  );
}

function Outcome({ answer, copy, event, isRecent }: ActionCardProps) {
  if (answer === null) {
    if (confirmationOf(copy ?? undefined) === 'rejected') return <>Rejected</>;
    if (asks(event) && copy === null) return <>Needs your decision</>;
    return isRecent ? <Elapsed since={(copy ?? event).timestamp} /> : null;
  }
  if (!isAction(answer) && answer.observation === 'user_rejected') return <>Rejected</>;
  const took = duration(msBetween(copy ?? event, answer));
  const code = exitCodeOf(answer);
  if (code === 0) return <>{took}</>;
  if (code === null) return <>Failed · {took}</>;
  return (
    <>
      {code === -1 ? 'Did not end' : `Exit code ${code}`} · {took}
    </>
  );
}

function isFailed({ answer }: ActionCardProps): boolean {
  if (answer === null || isAction(answer)) return false;
  if (answer.observation === 'error') return true;
  const code = exitCodeOf(answer);
  return code !== null && code !== 0;
}

function firstLine(command: string): string {
  const end = command.indexOf('\n');
  return end === -1 ? command : `${command.slice(0, end)} …`;
}
