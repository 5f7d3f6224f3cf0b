/** The real server with the web app as it is built from these sources, and a browser to visit it. */
import type { Browser } from 'playwright-core';
import { ensureWebApp } from '../../../scripts/web/web-app.ts';
import { ReleaseStack } from '../../../src/release-stack.ts';
import { ServerProcess, type ServerProcessOptions } from '../../standalone/harness/server-process.ts';
import { TemporaryFolder } from '../../standalone/harness/temporary-folder.ts';
import { launchChromium } from './chromium.ts';
import { Visit, type VisitOptions } from './visit.ts';

/** For `beforeAll`: the first one may have to build the app, and to install Chromium. */
export const OPEN_MS = 300_000;

export class Site implements AsyncDisposable {
  readonly browser: Browser;
  readonly folder: TemporaryFolder;
  readonly server: ServerProcess;
  readonly #stack: ReleaseStack;

  private constructor(browser: Browser, folder: TemporaryFolder, server: ServerProcess, stack: ReleaseStack) {
    this.browser = browser;
    this.folder = folder;
    this.server = server;
    this.#stack = stack;
  }

  /** @param fill Writes into the data folder before the server starts. */
  static async open(
    options: Partial<ServerProcessOptions> = {},
    fill: (dataDir: string) => Promise<void> = async () => {},
  ): Promise<Site> {
    await using stack = new ReleaseStack();
    await ensureWebApp();
    const folder = stack.use(await TemporaryFolder.make());
    const dataDir = folder.file('data');
    await fill(dataDir);
    const server = stack.use(await ServerProcess.start({ dataDir, ...options }));
    const browser = await launchChromium();
    stack.defer(() => browser.close());
    return new Site(browser, folder, server, stack.move());
  }

  visit(path = '/', options: VisitOptions = {}): Promise<Visit> {
    return Visit.open(this.browser, this.server.url, path, options);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack[Symbol.asyncDispose]();
  }
}
