/**
 * The agents that a server offers, by the names that settings use.
 */
import type { Settings } from '../store/settings.ts';
import type { Agent } from './agent.ts';
import { shellAgent } from './agents/shell-agent.ts';

export interface AgentContext {
  readonly sid: string;
  /** As the conversation was started with; null where its user has none. */
  readonly settings: Settings | null;
}

export interface AgentEntry {
  /** Whether it can't work without a model. */
  readonly needsLlm: boolean;
  create(context: AgentContext): Agent;
}

export class AgentRegistry {
  readonly #entries = new Map<string, AgentEntry>([
    ['ShellAgent', { needsLlm: false, create: () => shellAgent }],
  ]);
  readonly #defaultName: string;

  /** `defaultName`: for settings that name no agent, or one that is not offered here. */
  constructor(defaultName = 'ShellAgent', entries: Iterable<readonly [string, AgentEntry]> = []) {
    for (const [name, entry] of entries) this.#entries.set(name, entry);
    this.#defaultName = this.#entries.has(defaultName) ? defaultName : 'ShellAgent';
  }

  get names(): string[] {
    return [...this.#entries.keys()];
  }

  /** Whether what these settings choose can't work without a model. */
  needsLlm(settings: Settings | null): boolean {
    return this.#chosen(settings).needsLlm;
  }

  create(context: AgentContext): Agent {
    return this.#chosen(context.settings).create(context);
  }

  #chosen(settings: Settings | null): AgentEntry {
    const entry =
      this.#entries.get(settings?.agent ?? this.#defaultName) ?? this.#entries.get(this.#defaultName);
    if (entry === undefined) throw new Error(`no agent ${this.#defaultName}`);
    return entry;
  }
}
