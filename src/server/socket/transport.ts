/** What the gateway needs of the transport below Socket.IO, which its types do not name. */
import type { Socket } from 'socket.io';

/** A client's Engine.IO connection. */
export type Transport = Socket['conn'];

export function isOpen(transport: Transport): boolean {
  return transport.readyState === 'open';
}

/** Whether the kernel has taken all that was written. */
export function isWritable(transport: Transport): boolean {
  return isOpen(transport) && transport.transport.writable;
}

/**
 * Writes WebSocket frames as they are: any number of them, as one packet of the engine, in the engine's order. The
 * engine knows such packets, and its types do not; Socket.IO's own broadcasts are made of them.
 */
export function writeFrames(transport: Transport, frames: Buffer): void {
  const options: WriteOptions = { compress: false, wsPreEncodedFrame: [frames] };
  transport.write('', options);
}

type WriteOptions = NonNullable<Parameters<Transport['write']>[1]> & {
  /** What is handed to the TCP socket in the place of the packet's data. */
  readonly wsPreEncodedFrame: readonly Buffer[];
};

/** A WebSocket whose reading can be halted. */
interface Pausable {
  pause(): void;
  resume(): void;
}

/** Halts reading from the client, or goes on with it. Without effect where the transport is no WebSocket. */
export function setReading(transport: Transport, reading: boolean): void {
  const { transport: carrier } = transport;
  if (!('socket' in carrier) || !isPausable(carrier.socket)) return;
  if (reading) carrier.socket.resume();
  else carrier.socket.pause();
}

function isPausable(value: unknown): value is Pausable {
  if (typeof value !== 'object' || value === null) return false;
  return (
    'pause' in value &&
    typeof value.pause === 'function' &&
    'resume' in value &&
    typeof value.resume === 'function'
  );
}

/** How long one packet is, about: text counts by its characters. */
export function sizeOf(data: unknown): number {
  if (typeof data === 'string') return data.length;
  return ArrayBuffer.isView(data) || data instanceof ArrayBuffer ? data.byteLength : 0;
}
