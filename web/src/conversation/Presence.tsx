import './presence.css';

const MAX = 4;

/** How many browsers and programs watch the conversation, this one too. */
export function Presence({ watchers }: { readonly watchers: number }) {
  if (watchers < 2) return null;
  const words = `${watchers} are here`;
  return (
    <span className="presence" role="img" aria-label={words} title={words}>
      {Array.from({ length: Math.min(watchers, MAX) }, (_, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: nobody has a name
        <span key={place} className="presence-person">
          <svg viewBox="0 0 16 16" aria-hidden="true" focusable="false">
            <path d="M8 8a2.6 2.6 0 1 0 0-5.200A2.6 2.6 0 0 0 8 8Zm-4.6 5.200a4.6 4.6 0 0 1 9.200 0Z" />
          </svg>
        </span>
      ))}
      <span className="presence-count">{watchers}</span>
    </span>
  );
}
