/**
 * Markdown as elements of the page. Nothing of the text is ever taken for HTML: tags in it are shown as they are
 * written, links lead to the web or to mail alone, and images that a page would have to fetch are links.
 */
import { Lexer, type MarkedToken, type Token, type Tokens } from 'marked';
import { Fragment, memo, type ReactNode } from 'react';
import { plainText, safeHref } from './markdown-text.ts';
import { shownText } from './Text.tsx';
import './markdown.css';

export const Markdown = memo(function Markdown({ text }: { readonly text: string }) {
  return <div className="markdown">{blocks(new Lexer({ gfm: true, breaks: true }).lex(text))}</div>;
});

function blocks(tokens: readonly Token[] | undefined): ReactNode[] {
  return (tokens ?? []).map((token, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a text's parts have no other name, and grow at the end
    <Fragment key={index}>{element(token as MarkedToken)}</Fragment>
  ));
}

function element(token: MarkedToken): ReactNode {
  switch (token.type) {
    case 'space':
    case 'def':
    case 'checkbox':
      return null;
    case 'br':
      return <br />;
    case 'hr':
      return <hr />;
    case 'heading':
      return <p className={`markdown-heading markdown-heading-${token.depth}`}>{blocks(token.tokens)}</p>;
    case 'paragraph':
      return <p>{blocks(token.tokens)}</p>;
    case 'blockquote':
      return <blockquote>{blocks(token.tokens)}</blockquote>;
    case 'list':
      return list(token);
    case 'list_item':
      return <li>{blocks(token.tokens)}</li>;
    case 'table':
      return table(token);
    case 'code':
      return (
        <pre className="markdown-code" data-language={token.lang}>
          <code>{shownText(token.text)}</code>
        </pre>
      );
    case 'codespan':
      return <code>{shownText(token.text)}</code>;
    case 'strong':
      return <strong>{blocks(token.tokens)}</strong>;
    case 'em':
      return <em>{blocks(token.tokens)}</em>;
    case 'del':
      return <del>{blocks(token.tokens)}</del>;
    case 'link':
      return link(token.href, blocks(token.tokens));
    case 'image':
      return image(token);
    case 'html':
      return shownText(token.text);
    case 'escape':
    case 'text':
      return 'tokens' in token && token.tokens !== undefined
        ? blocks(token.tokens)
        : shownText(plainText(token.text));
  }
}

function list({ items, ordered, start }: Tokens.List): ReactNode {
  const entries = items.map((item, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: see above
    <li key={index} className={item.task ? 'markdown-task' : undefined}>
      {item.task ? <span aria-hidden="true">{item.checked ? '☑ ' : '☐ '}</span> : null}
      {item.task ? <span className="visually-hidden">{item.checked ? 'Done: ' : 'To do: '}</span> : null}
      {blocks(item.tokens)}
    </li>
  ));
  return ordered ? <ol start={start === '' ? 1 : start}>{entries}</ol> : <ul>{entries}</ul>;
}

function table({ header, rows }: Tokens.Table): ReactNode {
  return (
    <div className="markdown-table">
      <table>
        <thead>
          <tr>{header.map((cell, index) => tableCell(cell, index))}</tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: see above
            <tr key={index}>{row.map((cell, place) => tableCell(cell, place))}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function tableCell({ align, header, tokens }: Tokens.TableCell, index: number): ReactNode {
  const Cell = header ? 'th' : 'td';
  return (
    <Cell key={index} className={align === null ? undefined : `markdown-${align}`}>
      {blocks(tokens)}
    </Cell>
  );
}

function link(address: string, content: ReactNode): ReactNode {
  const href = safeHref(address);
  if (href === null) return content;
  return (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow">
      {content}
    </a>
  );
}

function image({ href, text }: Tokens.Image): ReactNode {
  if (/^data:image\/(?:png|jpeg|gif|webp);/i.test(href)) return <img src={href} alt={plainText(text)} />;
  return link(href, text === '' ? href : plainText(text));
}
