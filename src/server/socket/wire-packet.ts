/**
 * One event of the socket protocol as the bytes of its WebSocket frame, made once for all who are sent it. Frames that
 * stand one after the other in one buffer are still frames: so many events go out in one write.
 *
 * What it is made of: a frame of text, unmasked and in one piece (RFC 6455, 5.2), that holds a `message` packet of
 * Engine.IO 4 (`4`), which holds an `EVENT` packet of Socket.IO 5 in the default namespace (`2`), which is JSON.
 */

export type WirePacket = Buffer;

const TEXT_FRAME = 0x81;
const PREFIX = '42';
/** A payload that is longer has its length in the two bytes after this one's place, or in eight. */
const SHORT = 125;
const TWO_BYTES = 126;
const EIGHT_BYTES = 127;

export function wirePacket(event: 'oh_event' | 'oh_delta' | 'oh_presence', payload: unknown): WirePacket {
  const text = `${PREFIX}${JSON.stringify([event, payload])}`;
  const length = Buffer.byteLength(text);
  const header = length <= SHORT ? 2 : length <= 0xffff ? 4 : 10;
  const packet = Buffer.allocUnsafe(header + length);
  packet[0] = TEXT_FRAME;
  if (header === 2) {
    packet[1] = length;
  } else if (header === 4) {
    packet[1] = TWO_BYTES;
    packet.writeUInt16BE(length, 2);
  } else {
    packet[1] = EIGHT_BYTES;
    packet.writeUInt32BE(0, 2);
    packet.writeUInt32BE(length, 6);
  }
  packet.write(text, header);
  return packet;
}
