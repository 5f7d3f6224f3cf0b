/** Numbered migrations, whatever database they are for: which of them are still to run, and who must not run any. */
import { ConveneError } from '../errors.ts';

export interface Migration {
  readonly version: number;
  /** The oldest schema version whose servers can work with the database after this migration. */
  readonly minCompatible: number;
  readonly sql: string;
}

/** What a database says of itself; 0 where it is empty. */
export interface SchemaVersions {
  readonly present: number;
  /** The oldest schema version whose servers can work with it. */
  readonly minCompatible: number;
}

/** In ascending order. Throws `store_incompatible` where the database was written by too new a version. */
export function pendingMigrations(
  migrations: readonly Migration[],
  { minCompatible, present }: SchemaVersions,
): readonly Migration[] {
  const newestVersion = newestOf(migrations);
  if (minCompatible > newestVersion) {
    const message = `The database needs a version of Convene that knows schema ${minCompatible}; this one knows ${newestVersion}.`;
    throw new ConveneError('store_incompatible', message, { details: { minCompatible, newestVersion } });
  }
  return migrations.filter(({ version }) => version > present);
}

export function newestOf(migrations: readonly Migration[]): number {
  return migrations.at(-1)?.version ?? 0;
}
