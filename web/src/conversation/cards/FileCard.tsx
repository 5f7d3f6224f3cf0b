import { isAction, kindOf } from 'convene/client';
import { contentOf, textField } from '../event-fields.ts';
import { Text } from '../Text.tsx';
import { Card } from './Card.tsx';
import type { ActionCardProps } from './CommandCard.tsx';
import { FileTitle } from './EditCard.tsx';
import { Elapsed } from './Elapsed.tsx';
import { WholeText } from './WholeText.tsx';

const MAX_CHARACTERS = 200_000;

/** A file that was read, or written as a whole. */
export function FileCard({ answer, copy, event, isRecent }: ActionCardProps) {
  const isWrite = kindOf(event) === 'write';
  const isError = answer !== null && !isAction(answer) && answer.observation === 'error';
  const content = isWrite && !isError ? textField(event, 'content') : contentOf(answer);
  return (
    <Card
      id={event.id}
      glyph="file"
      tone={isError ? 'failed' : 'plain'}
      title={<FileTitle verb={isWrite ? 'Wrote' : 'Read'} path={textField(event, 'path')} />}
      outcome={
        answer === null && isRecent ? (
          <Elapsed since={(copy ?? event).timestamp} />
        ) : content === '' ? null : (
          linesSaid(content)
        )
      }
      preview={
        isError ? (
          <pre className="card-output" data-tone="error">
            <Text text={content} />
          </pre>
        ) : null
      }
    >
      {content === '' || isError ? null : (
        <WholeText label={textField(event, 'path')}>
          <Text text={content.slice(0, MAX_CHARACTERS)} />
        </WholeText>
      )}
    </Card>
  );
}

function linesSaid(content: string): string {
  const lines = content.replace(/\n$/, '').split('\n').length;
  return lines === 1 ? '1 line' : `${lines} lines`;
}
