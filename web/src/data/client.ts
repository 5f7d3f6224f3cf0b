/** The clients of the page: they talk with the server that the page came from. */
import { ConveneClient } from 'convene/client';

const url = window.location.origin;

export const client = new ConveneClient({ url });

/** Its requests outlive the page. */
export const lastingClient = new ConveneClient({
  url,
  fetch: (input, init) => fetch(input, { ...init, keepalive: true }),
});
