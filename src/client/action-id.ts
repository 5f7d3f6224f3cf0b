/** 32 hex digits of randomness. Not `crypto.randomUUID`: browsers have that on secure pages only. */
export function actionId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
