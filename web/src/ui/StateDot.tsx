import './state-dot.css';

/** What a colour means everywhere in the app. */
export type Tone = 'running' | 'waiting' | 'paused' | 'error' | 'finished' | 'idle';

/** A colour beside its word: never the colour alone. */
export function StateDot({ tone, word }: { readonly tone: Tone; readonly word: string }) {
  return (
    <span className={`state state-${tone}`}>
      <span className="state-dot" aria-hidden="true" />
      {word}
    </span>
  );
}
