/**
 * The page's policy refuses style elements that scripts make, and xterm.js makes some when it opens. What it writes into
 * them goes into constructed style sheets, which the policy allows.
 */

/** Runs `open`, in which style elements are made, with stand-ins for them. */
export function withStandInStyles(open: () => void): void {
  const make = document.createElement;
  document.createElement = (name: string, options?: ElementCreationOptions): HTMLElement =>
    name === 'style' ? standInStyle() : make.call(document, name, options);
  try {
    open();
  } finally {
    document.createElement = make;
  }
}

/** An element whose text is a style sheet of the page for as long as it is not removed. */
function standInStyle(): HTMLElement {
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets.push(sheet);
  const element = document.createElement('span');
  element.hidden = true;
  Object.defineProperty(element, 'textContent', {
    set: (text: string) => sheet.replaceSync(text),
  });
  element.remove = () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== sheet);
    HTMLElement.prototype.remove.call(element);
  };
  return element;
}
