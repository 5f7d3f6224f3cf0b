/** The unlogged frames, as they go to clients. */
import type { Frame } from '../../cluster/bus.ts';

export interface WireFrame {
  readonly event: 'oh_event' | 'oh_delta';
  readonly payload: Readonly<Record<string, unknown>>;
}

export function wireFrame(sid: string, frame: Frame): WireFrame {
  switch (frame.type) {
    case 'status': {
      const { level, id, message } = frame;
      return { event: 'oh_event', payload: { status_update: true, type: level, id, message } };
    }
    case 'title': {
      const payload = { status_update: true, type: 'info', id: '', message: sid };
      return { event: 'oh_event', payload: { ...payload, conversation_title: frame.title } };
    }
    case 'error':
      return { event: 'oh_event', payload: errorFrame(frame.message) };
    case 'delta': {
      const { type: _type, ...delta } = frame;
      return { event: 'oh_delta', payload: { conversation_id: sid, ...delta } };
    }
  }
}

/** What a person is told that something went wrong. */
export function errorFrame(message: string): { readonly error: true; readonly message: string } {
  return { error: true, message };
}
