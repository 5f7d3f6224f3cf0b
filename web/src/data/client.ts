/** The one client of the page: it talks with the server that the page came from. */
import { ConveneClient } from 'convene/client';

export const client = new ConveneClient({ url: window.location.origin });
