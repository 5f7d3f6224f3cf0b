/**
 * Keeps the browser of a visitor of an evil page out of a server that has no authentication. Such a page can
 * send requests to `127.0.0.1`, or make its own name resolve to it (DNS rebinding): so `Host` must name this server,
 * and `Origin`, where there is one, this server or a page that is trusted.
 *
 * An address can't be rebound, only a name can: where the server listens for other machines, every address is a fine
 * `Host`, and names must be configured.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { type Config, isLoopback } from '../config/index.ts';

/** Stands for every name in `allowedHosts`. */
const ANY = '*';

const plainHost = /^[\w.:[\]-]+$/;

export class HostGuard {
  readonly #names: ReadonlySet<string>;
  readonly #any: boolean;
  readonly #reachable: boolean;

  /** `nodeUrl`: by that name the other nodes ask. */
  constructor({
    host,
    allowedHosts,
    nodeUrl = null,
  }: Pick<Config, 'host' | 'allowedHosts'> & Partial<Pick<Config, 'nodeUrl'>>) {
    const own = nodeUrl === null ? [] : [new URL(nodeUrl).hostname];
    this.#names = new Set(
      [host, ...allowedHosts, ...own].map((name) => hostnameOf(`http://${name}`) ?? name.toLowerCase()),
    );
    this.#any = allowedHosts.includes(ANY);
    this.#reachable = !isLoopback(host);
  }

  /** Whether a request with these headers may be answered. */
  allows(headers: IncomingHttpHeaders): boolean {
    const { host, origin } = headers;
    if (host === undefined || !this.#allowsHost(host)) return false;
    // Browsers leave `Origin` out of GETs without CORS, such as those of <img>, but not this.
    if (origin === undefined) return headers['sec-fetch-site'] !== 'cross-site' || isNavigation(headers);
    return this.#allowsOrigin(origin, host);
  }

  #allowsHost(host: string): boolean {
    const name = plainHost.test(host) ? hostnameOf(`http://${host}`) : null;
    if (name === null) return false;
    if (this.#any || isLoopback(name) || this.#names.has(name)) return true;
    return this.#reachable && isIP(name) !== 0;
  }

  #allowsOrigin(origin: string, host: string): boolean {
    const name = hostnameOf(origin);
    if (name === null) return false; // `null`: a sandboxed frame, a file, a redirect
    if (this.#any || this.#names.has(name)) return true;
    if (new URL(origin).host === host.toLowerCase()) return true;
    return isLoopback(name) && !this.#reachable;
  }
}

/** Following a link from elsewhere to a page of ours is no request of the other page's. */
function isNavigation(headers: IncomingHttpHeaders): boolean {
  return headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
}

/** In lower case, without port and brackets; null where it can't be read. */
function hostnameOf(url: string): string | null {
  const parsed = URL.parse(url);
  if (parsed === null || parsed.hostname === '' || parsed.username !== '' || parsed.pathname.length > 1)
    return null;
  return bare(parsed.hostname);
}

function bare(name: string): string {
  return name.replace(/^\[(.*)\]$/, '$1');
}
