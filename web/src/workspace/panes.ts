/** The parts of the workspace. */
export const panes = [
  { id: 'files', label: 'Files' },
  { id: 'terminal', label: 'Terminal' },
] as const;

export type Pane = (typeof panes)[number]['id'];
