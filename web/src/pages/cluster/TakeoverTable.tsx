import type { NodeView, TakeoverView } from 'convene/client';
import { Link } from 'wouter';
import { conversationPath } from '../../app/routes.ts';
import { ago } from '../../data/ago.ts';
import { causeInWords, milliseconds, nodeName, shortId } from './node-view.ts';

interface TakeoverTableProps {
  readonly takeovers: readonly TakeoverView[];
  readonly nodes: readonly NodeView[];
  readonly now: number;
}

const SHOWN = 50;

export function TakeoverTable({ nodes, now, takeovers }: TakeoverTableProps) {
  const nameOf = (id: string | null): string => {
    if (id === null) return 'nobody';
    const node = nodes.find((one) => one.id === id);
    return node === undefined ? shortId(id) : nodeName(node);
  };
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: on a phone it scrolls, also by the keyboard
    <section className="takeovers" aria-label="Last takeovers" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">Conversation</th>
            <th scope="col">From</th>
            <th scope="col">To</th>
            <th scope="col">Cause</th>
            <th scope="col" className="takeovers-number">
              Took
            </th>
          </tr>
        </thead>
        <tbody>
          {takeovers.slice(0, SHOWN).map(({ at, cause, conversation, durationMs, from, to }) => (
            <tr key={`${at} ${conversation}`}>
              <td>
                <time dateTime={at} title={new Date(at).toLocaleString()}>
                  {ago(at, now)}
                </time>
              </td>
              <td>
                <Link href={conversationPath(conversation)}>{shortId(conversation)}</Link>
              </td>
              <td>{nameOf(from)}</td>
              <td>{nameOf(to)}</td>
              <td>{causeInWords(cause)}</td>
              <td className="takeovers-number">{milliseconds(durationMs)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
