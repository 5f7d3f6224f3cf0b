/**
 * The tree of files as rows: what is shown of the folders that are open, and where a key leads. Folders are asked for
 * when they are opened, so a row may stand for one whose content is still on its way.
 */

/** What is known of a folder: its paths as the server lists them, where folders end in `/`. */
export type Listing =
  | { readonly state: 'loading' }
  | { readonly state: 'failed'; readonly message: string }
  | { readonly state: 'listed'; readonly paths: readonly string[] };

export interface FileRow {
  /** Folders end in `/`. */
  readonly path: string;
  readonly name: string;
  /** 1 at the top. */
  readonly level: number;
  readonly isFolder: boolean;
  readonly isOpen: boolean;
  /** Why its content is not there: only of open folders. */
  readonly note: string | null;
  /** Its place among its siblings, from 1, and how many they are. */
  readonly place: number;
  readonly siblings: number;
}

/** The path of the folder of everything. */
export const ROOT = '';

export function fileRows(
  listings: ReadonlyMap<string, Listing>,
  open: ReadonlySet<string>,
  folder = ROOT,
  level = 1,
): FileRow[] {
  const listing = listings.get(folder);
  if (listing?.state !== 'listed') return [];
  const paths = foldersFirst(listing.paths);
  return paths.flatMap((path, index) => {
    const isFolder = path.endsWith('/');
    const isOpen = isFolder && open.has(path);
    const row: FileRow = {
      path,
      name: nameOf(path),
      level,
      isFolder,
      isOpen,
      note: isOpen ? noteOf(listings.get(path)) : null,
      place: index + 1,
      siblings: paths.length,
    };
    return isOpen ? [row, ...fileRows(listings, open, path, level + 1)] : [row];
  });
}

/** The last part of a path, without the slash of a folder. */
export function nameOf(path: string): string {
  return path.replace(/\/$/, '').split('/').at(-1) ?? path;
}

/** The folder that a path is in. */
export function folderOf(path: string): string {
  return path.replace(/[^/]+\/?$/, '');
}

function noteOf(listing: Listing | undefined): string | null {
  if (listing === undefined || listing.state === 'loading') return 'Loading…';
  if (listing.state === 'failed') return listing.message;
  return listing.paths.length === 0 ? 'Empty' : null;
}

function foldersFirst(paths: readonly string[]): readonly string[] {
  return [...paths].sort((left, right) => {
    const folders = Number(right.endsWith('/')) - Number(left.endsWith('/'));
    return folders !== 0 ? folders : nameOf(left).localeCompare(nameOf(right), 'en', { numeric: true });
  });
}

/** What a key does in the tree, as the pattern of ARIA for trees has it. */
export type TreeStep =
  | { readonly to: string }
  | { readonly open: string }
  | { readonly close: string }
  | { readonly choose: string };

export function treeStep(rows: readonly FileRow[], current: string | null, key: string): TreeStep | null {
  const index = rows.findIndex(({ path }) => path === current);
  const row = rows[index];
  const to = (target: FileRow | undefined): TreeStep | null =>
    target === undefined ? null : { to: target.path };
  if (row === undefined) return key === 'ArrowDown' || key === 'Home' ? to(rows[0]) : null;
  switch (key) {
    case 'ArrowDown':
      return to(rows[index + 1]);
    case 'ArrowUp':
      return to(rows[index - 1]);
    case 'Home':
      return to(rows[0]);
    case 'End':
      return to(rows.at(-1));
    case 'ArrowRight':
      if (!row.isFolder) return null;
      if (!row.isOpen) return { open: row.path };
      return rows[index + 1]?.level === row.level + 1 ? to(rows[index + 1]) : null;
    case 'ArrowLeft':
      if (row.isOpen) return { close: row.path };
      return to(rows.find(({ path }) => path !== '' && path === folderOf(row.path)));
    case 'Enter':
    case ' ':
      if (!row.isFolder) return { choose: row.path };
      return row.isOpen ? { close: row.path } : { open: row.path };
    default:
      return key.length === 1 ? to(nextNamed(rows, index, key)) : null;
  }
}

/** The next row whose name begins with this letter, from the top again after the last. */
function nextNamed(rows: readonly FileRow[], index: number, letter: string): FileRow | undefined {
  const after = [...rows.slice(index + 1), ...rows.slice(0, index + 1)];
  return after.find(({ name }) => name.toLowerCase().startsWith(letter.toLowerCase()));
}
