/** Settings of the user, and what holds without them. */
import { useQuery } from '@tanstack/react-query';
import type { Choices, MaskedSettings, ServerDefaults } from 'convene/client';
import { client } from './client.ts';
import { queryClient } from './query-client.ts';

export interface KnownSettings {
  readonly defaults: ServerDefaults;
  readonly choices: Choices;
  /** Null: the user has stored nothing. */
  readonly stored: MaskedSettings | null;
}

const settingsKey = ['settings'];
const defaultsKey = ['defaults'];

export function useDefaults() {
  return useQuery({
    queryKey: defaultsKey,
    queryFn: ({ signal }) => client.defaults({ signal }),
    staleTime: 60_000,
  });
}

export function useSettings() {
  return useQuery({
    queryKey: settingsKey,
    queryFn: async ({ signal }): Promise<KnownSettings> => {
      const [defaults, choices] = await Promise.all([
        client.defaults({ signal }),
        client.choices({ signal }),
      ]);
      const stored = defaults.settingsAreStored ? await client.settings({ signal }) : null;
      return { defaults, choices, stored };
    },
    refetchOnWindowFocus: false,
  });
}

export async function settingsChanged(): Promise<void> {
  await Promise.all([
    queryClient.invalidateQueries({ queryKey: settingsKey }),
    queryClient.invalidateQueries({ queryKey: defaultsKey }),
  ]);
}
