/** The Socket.IO server, as clients of the original protocol expect it. It serves once it is attached. */
import { Server } from 'socket.io';

/** A frame may hold images as data URLs. */
const MAX_FRAME_BYTES = 20 * 1024 * 1024;

export function createIo(): Server {
  return new Server({
    path: '/socket.io',
    // Polling would need every request of a client to reach the same node.
    transports: ['websocket'],
    serveClient: false,
    maxHttpBufferSize: MAX_FRAME_BYTES,
    perMessageDeflate: false,
    httpCompression: false,
    // A client that is gone without a word is noticed within their sum; so is, by the client, a server.
    pingInterval: 10_000,
    pingTimeout: 20_000,
    connectTimeout: 10_000,
  });
}
