import { Markdown } from '../Markdown.tsx';
import { Glyph } from './Glyph.tsx';

/** What the agent thinks, apart from what it says. */
export function ThoughtRow({ text }: { readonly text: string }) {
  return (
    <div className="thought">
      <Glyph name="thought" />
      <span className="visually-hidden">The agent thinks:</span>
      <Markdown text={text} />
    </div>
  );
}
