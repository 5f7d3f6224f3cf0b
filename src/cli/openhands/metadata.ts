/**
 * `metadata.json` of an OpenHands conversation. Release 0.27 writes `conversation_id`, `github_user_id`,
 * `selected_repository`, `title`, `last_updated_at` and `created_at`; later ones add `user_id` and `selected_branch`.
 * Times are ISO 8601; one without a zone is in UTC.
 */
import { z } from 'zod';
import { parseTime } from '../../events/recorded-event.ts';

export interface Metadata {
  /** Empty where it has none. */
  readonly title: string;
  readonly selectedRepository: string | null;
  readonly selectedBranch: string | null;
  /** Empty where it has none. */
  readonly userId: string;
  /** Milliseconds since the epoch; null where the file does not say. */
  readonly createdAt: number | null;
}

export const noMetadata: Metadata = {
  title: '',
  selectedRepository: null,
  selectedBranch: null,
  userId: '',
  createdAt: null,
};

const text = z.string().nullish();

const schema = z.looseObject({
  title: text,
  selected_repository: text,
  selected_branch: text,
  user_id: text,
  github_user_id: z.union([z.string(), z.number()]).nullish(),
  created_at: text,
});

/** Throws what is wrong with it. */
export function parseMetadata(json: string): Metadata {
  const parsed = schema.safeParse(JSON.parse(json));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Error(`${issue?.path.join('.') || 'the file'}: ${issue?.message ?? 'not valid'}`);
  }
  const { title, selected_repository, selected_branch, user_id, github_user_id, created_at } = parsed.data;
  return {
    title: title ?? '',
    selectedRepository: selected_repository || null,
    selectedBranch: selected_branch || null,
    userId: user_id || String(github_user_id ?? ''),
    createdAt: parseTime(created_at),
  };
}

export interface MetadataSource extends Omit<Metadata, 'createdAt'> {
  readonly sid: string;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly updatedAt: string;
}

export function renderMetadata(conversation: MetadataSource): string {
  return JSON.stringify({
    conversation_id: conversation.sid,
    github_user_id: null,
    user_id: conversation.userId || null,
    selected_repository: conversation.selectedRepository,
    selected_branch: conversation.selectedBranch,
    title: conversation.title || null,
    last_updated_at: conversation.updatedAt,
    created_at: conversation.createdAt,
  });
}
