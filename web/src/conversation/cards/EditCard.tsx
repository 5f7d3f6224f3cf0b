import { isAction } from 'convene/client';
import { useMemo } from 'react';
import { contentOf, textField } from '../event-fields.ts';
import { firstLines } from '../folded-text.ts';
import { Text } from '../Text.tsx';
import { parseDiff } from '../unified-diff.ts';
import { Card } from './Card.tsx';
import type { ActionCardProps } from './CommandCard.tsx';
import { DiffView } from './DiffView.tsx';
import { Elapsed } from './Elapsed.tsx';
import { WholeText } from './WholeText.tsx';

const PREVIEW_LINES = 8;

/** A change of a file, as a difference. */
export function EditCard({ answer, copy, event, isRecent }: ActionCardProps) {
  const path = textField(event, 'path');
  const given = textField(answer, 'diff');
  const diff = useMemo(() => parseDiff(given), [given]);
  const isError = answer !== null && !isAction(answer) && answer.observation === 'error';
  const content = contentOf(answer);
  const says = isError || given === '' ? content : '';
  const hasMore = diff.lines.length > PREVIEW_LINES || says.includes('\n');
  const isView = textField(event, 'command') === 'view';
  return (
    <Card
      id={event.id}
      glyph={isView ? 'file' : 'edit'}
      tone={isError ? 'failed' : 'plain'}
      title={<FileTitle verb={isView ? 'Viewed' : verbOf(answer, isError)} path={path} />}
      outcome={
        answer === null && isRecent ? (
          <Elapsed since={(copy ?? event).timestamp} />
        ) : diff.lines.length === 0 ? null : (
          <>
            <span className="diff-count-added">+{diff.added}</span>{' '}
            <span className="diff-count-removed">−{diff.removed}</span>
          </>
        )
      }
      preview={
        diff.lines.length > 0 ? (
          <DiffView lines={diff.lines.slice(0, PREVIEW_LINES)} hidden={diff.lines.length - PREVIEW_LINES} />
        ) : isError ? (
          <pre className="card-output" data-tone="error">
            <Text text={firstLines(says, PREVIEW_LINES).text} />
          </pre>
        ) : null
      }
    >
      {hasMore ? (
        diff.lines.length > 0 ? (
          <DiffView lines={diff.lines} hidden={0} />
        ) : (
          <WholeText label={path}>
            <Text text={says} />
          </WholeText>
        )
      ) : null}
    </Card>
  );
}

function verbOf(answer: ActionCardProps['answer'], isError: boolean): string {
  if (answer === null || isError) return 'Edit';
  return !isAction(answer) && answer.observation === 'edit' && !answer.extras.prev_exist
    ? 'Created'
    : 'Edited';
}

export function FileTitle({ path, verb }: { readonly verb: string; readonly path: string }) {
  return (
    <>
      {verb} <code>{path}</code>
    </>
  );
}
