/**
 * The agents that a server offers, by the names that settings use.
 */
import type { Settings } from '../store/settings.ts';
import type { Agent } from './agent.ts';
import { CODE_ACT, codeActAgent } from './agents/code-act-agent.ts';
import { shellAgent } from './agents/shell-agent.ts';
import type { LlmProvider } from './llm/llm-provider.ts';

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

/** The agents that come with Convene: `ShellAgent` first, and `CodeActAgent` where there is a way to ask models. */
export class AgentRegistry {
  readonly #entries: Map<string, AgentEntry>;
  readonly #defaultName: string | null;
  readonly #llms: LlmProvider | null;

  /**
   * `defaultName`: for settings that name no agent, or one that is not offered here; left out, it is `CodeActAgent` for
   * whoever has a model, else `ShellAgent`.
   */
  constructor(
    defaultName?: string,
    entries: Iterable<readonly [string, AgentEntry]> = [],
    llms: LlmProvider | null = null,
  ) {
    this.#llms = llms;
    this.#entries = new Map([['ShellAgent', { needsLlm: false, create: () => shellAgent }]]);
    if (llms !== null) {
      const create = ({ settings }: AgentContext): Agent => codeActAgent(llms.for(settings));
      this.#entries.set(CODE_ACT, { needsLlm: true, create });
    }
    for (const [name, entry] of entries) this.#entries.set(name, entry);
    this.#defaultName = defaultName !== undefined && this.#entries.has(defaultName) ? defaultName : null;
  }

  get names(): string[] {
    return [...this.#entries.keys()];
  }

  /** Whether what these settings choose can't work without a model, and neither they nor the configuration name one. */
  lacksLlm(settings: Settings | null): boolean {
    return this.#chosen(settings).needsLlm && !(this.#llms?.has(settings) ?? settings?.llm_model);
  }

  /** The name of the agent that these settings choose. */
  nameFor(settings: Settings | null): string {
    if (settings?.agent && this.#entries.has(settings.agent)) return settings.agent;
    return this.#defaultName ?? this.#usual(settings);
  }

  create(context: AgentContext): Agent {
    return this.#chosen(context.settings).create(context);
  }

  #chosen(settings: Settings | null): AgentEntry {
    const entry = this.#entries.get(this.nameFor(settings));
    if (entry === undefined) throw new Error('There is no agent.');
    return entry;
  }

  #usual(settings: Settings | null): string {
    return this.#llms?.has(settings) ? CODE_ACT : 'ShellAgent';
  }
}
