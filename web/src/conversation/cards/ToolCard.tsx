import { isAction, kindOf, type StoredEvent } from 'convene/client';
import { contentOf } from '../event-fields.ts';
import { Text } from '../Text.tsx';
import { asks } from '../timeline-rows.ts';
import { Card } from './Card.tsx';
import type { ActionCardProps } from './CommandCard.tsx';
import { Elapsed } from './Elapsed.tsx';
import type { GlyphName } from './Glyph.tsx';
import { WholeText } from './WholeText.tsx';

const MAX_CHARACTERS = 100_000;
const glyphs: Readonly<Record<string, GlyphName>> = { browse: 'web', browse_interactive: 'web' };

/** Any other thing that was done, also one of a kind that this version does not know. */
export function ToolCard({ answer, copy, event, isRecent }: ActionCardProps) {
  const isError = answer !== null && !isAction(answer) && answer.observation === 'error';
  const isPending = asks(event) && copy === null && answer === null;
  const content = contentOf(answer);
  return (
    <Card
      id={event.id}
      glyph={glyphs[kindOf(event)] ?? 'tool'}
      tone={isPending ? 'waiting' : isError ? 'failed' : 'plain'}
      title={<Text text={lineOf(event)} />}
      outcome={
        isPending ? (
          'Needs your decision'
        ) : answer === null && isRecent && isAction(event) ? (
          <Elapsed since={(copy ?? event).timestamp} />
        ) : null
      }
      preview={
        isError ? (
          <pre className="card-output" data-tone="error">
            <Text text={content.slice(0, 2_000)} />
          </pre>
        ) : null
      }
    >
      <WholeText label="Details">
        <Text text={content === '' ? detailsOf(event) : content.slice(0, MAX_CHARACTERS)} />
      </WholeText>
    </Card>
  );
}

function lineOf(event: StoredEvent): string {
  const line = event.message.split('\n', 1)[0] ?? '';
  return line === '' ? kindOf(event) : line;
}

function detailsOf(event: StoredEvent): string {
  const says: unknown = isAction(event) ? event.args : event.extras;
  return (JSON.stringify(says, null, 2) ?? '').slice(0, MAX_CHARACTERS);
}
