import { useTimelineActions } from '../timeline-context.ts';

const shown = /^(?:data:image\/(?:png|jpeg|gif|webp|avif|bmp);|blob:)/i;

/** Images of a message. One that lies elsewhere is a link: the page fetches nothing from other places. */
export function Images({ urls }: { readonly urls: readonly string[] }) {
  const { enlarge } = useTimelineActions();
  if (urls.length === 0) return null;
  return (
    <div className="images">
      {urls.map((url, index) =>
        shown.test(url) ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: the same image may come twice
          <button key={index} type="button" className="image-button" onClick={() => enlarge(url)}>
            <img src={url} alt={`${index + 1} of ${urls.length}; enlarge`} className="image" />
          </button>
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: see above
          <a key={index} href={linkOf(url)} target="_blank" rel="noopener noreferrer nofollow">
            {url.slice(0, 80)}
          </a>
        ),
      )}
    </div>
  );
}

function linkOf(url: string): string | undefined {
  return /^https?:/i.test(url) ? url : undefined;
}
