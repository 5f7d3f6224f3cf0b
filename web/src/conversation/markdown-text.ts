/** What Markdown writes otherwise than it is meant: entities, and addresses that a page must not follow. */

const named: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0',
  copy: '©',
  hellip: '…',
  mdash: '—',
  ndash: '–',
  rarr: '→',
  larr: '←',
  times: '×',
};

/** The text with its entities read. */
export function plainText(text: string): string {
  if (!text.includes('&')) return text;
  return text.replaceAll(
    /&(?:#(\d{1,7})|#[xX]([\da-fA-F]{1,6})|(\w{2,8}));/g,
    (whole, decimal, hex, name) => {
      if (name !== undefined) return named[name] ?? whole;
      const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
      return code > 0 && code <= 0x10_ff_ff && !(code >= 0xd8_00 && code <= 0xdf_ff)
        ? String.fromCodePoint(code)
        : whole;
    },
  );
}

/** An address of the web or of mail; null for every other, such as a script. */
export function safeHref(address: string): string | null {
  try {
    const { href, protocol } = new URL(plainText(address));
    return ['http:', 'https:', 'mailto:'].includes(protocol) ? href : null;
  } catch {
    return null; // a path: of the workspace, not of this site
  }
}
