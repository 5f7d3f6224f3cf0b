/**
 * A person's browser at one server: a page, and everything about it that would be a fault: errors in its console,
 * exceptions, requests to another origin, and what axe finds.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import axe from 'axe-core';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';

const artifacts = join(import.meta.dirname, '../artifacts');

export const wide = { width: 1440, height: 900 };
export const phone = { width: 360, height: 740 };

export interface VisitOptions {
  /** @default wide */
  readonly viewport?: { readonly width: number; readonly height: number };
  /** @default light */
  readonly colorScheme?: 'light' | 'dark';
  readonly context?: BrowserContextOptions;
  /** Errors in the console that belong to the story, such as of a network that is cut. */
  readonly tolerates?: RegExp;
}

export class Visit implements AsyncDisposable {
  readonly page: Page;
  /** What went wrong so far, a line each. A test expects it to be empty. */
  readonly faults: string[] = [];
  readonly context: BrowserContext;
  readonly #url: string;

  private constructor(context: BrowserContext, page: Page, url: string, tolerates: RegExp | undefined) {
    this.context = context;
    this.page = page;
    this.#url = url;
    const note = (fault: string): void => {
      if (tolerates?.test(fault) !== true) this.faults.push(fault);
    };
    page.on('console', (message) => {
      if (message.type() !== 'error' && message.type() !== 'warning') return;
      note(`console: ${message.text()} (${message.location().url})`);
    });
    page.on('pageerror', (error) => note(`exception: ${error.stack ?? error.message}`));
    const { origin, host } = new URL(url);
    page.on('request', (request) => {
      if (!isLocal(request.url(), origin)) note(`foreign request: ${request.url()}`);
    });
    page.on('websocket', (socket) => {
      if (new URL(socket.url()).host !== host) note(`foreign socket: ${socket.url()}`);
    });
  }

  /** Opens `path` of the server at `url`. */
  static async open(browser: Browser, url: string, path = '/', options: VisitOptions = {}): Promise<Visit> {
    const context = await browser.newContext({
      viewport: options.viewport ?? wide,
      colorScheme: options.colorScheme ?? 'light',
      ...options.context,
    });
    const page = await context.newPage();
    const visit = new Visit(context, page, url, options.tolerates);
    await visit.go(path);
    return visit;
  }

  async go(path: string): Promise<void> {
    await this.page.goto(new URL(path, this.#url).href);
  }

  /** Kept in `test/browser/artifacts`. */
  async screenshot(name: string): Promise<void> {
    await mkdir(artifacts, { recursive: true });
    await this.page.screenshot({ path: join(artifacts, `${name}.png`) });
  }

  /** What axe finds serious or critical, a line each. */
  async axeFindings(): Promise<string[]> {
    // As an expression of the debugger: a script in the page would be refused by its policy.
    await this.page.evaluate(axe.source);
    const { violations } = await this.page.evaluate(() =>
      (globalThis as unknown as { axe: typeof axe }).axe.run(document, { resultTypes: ['violations'] }),
    );
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ help, id, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(' ')}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.context.close();
  }
}

function isLocal(address: string, origin: string): boolean {
  return /^(?:data|blob|about):/.test(address) || new URL(address).origin === origin;
}
