/** Conversations as files: out as a recording, in as what was recorded. */
import { client } from './client.ts';
import { fileNameOf, recordingOf } from './recording.ts';

/** Offers the conversation's recording as a download. */
export async function exportConversation(id: string, title: string): Promise<void> {
  const trajectory = await client.trajectory(id);
  const content = JSON.stringify({ title, trajectory }, null, 1);
  const address = URL.createObjectURL(new Blob([content], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = `${fileNameOf(title)}.json`;
  link.click();
  // The download has begun by then; a browser keeps what it reads.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** Answers with the id of the new conversation. Throws where the file is no recording. */
export async function importConversation(file: File): Promise<string> {
  const recording = recordingOf(await file.text(), file.name);
  return client.importConversation(recording);
}
