/** Makes the agent loop of a conversation, with the settings that it was started with. */
import { AgentLoop } from '../agent/agent-loop.ts';
import { replayAgent } from '../agent/replay/replay-agent.ts';
import type { SelectedRepository } from '../agent/repository-cloner.ts';
import type { ConversationRecord } from '../store/event-store.ts';
import type { Settings } from '../store/settings.ts';
import type { EventStreams } from '../stream/event-streams.ts';
import type { ConversationSettings } from './conversation-settings.ts';
import type { ManagerOptions, ManagerPorts } from './manager-options.ts';
import type { Replays } from './replays.ts';

export interface LoopFactoryOptions
  extends Pick<ManagerPorts, 'membership' | 'clock' | 'runtimes'>,
    Pick<
      ManagerOptions,
      | 'agents'
      | 'defaults'
      | 'currentSettings'
      | 'repositories'
      | 'heldWorkspaces'
      | 'snapshotEvery'
      | 'onError'
    > {
  readonly settings: ConversationSettings;
  readonly streams: EventStreams;
  readonly replays: Replays;
}

export class LoopFactory {
  readonly #options: LoopFactoryOptions;

  constructor(options: LoopFactoryOptions) {
    this.#options = options;
  }

  /** `conversation`: as the claim answered it. */
  async create(conversation: ConversationRecord): Promise<AgentLoop> {
    const { agents, defaults, heldWorkspaces, replays, runtimes, settings: kept } = this.#options;
    const { sid } = conversation;
    const steps = await replays.load(sid);
    const settings = kept.open(conversation);
    kept.use(sid, settings);
    const ordinary = agents.create({ sid, settings });
    const agent = steps === null ? ordinary : replayAgent(steps, ordinary);
    const repository = this.#repositoryOf(conversation, settings);
    return new AgentLoop({
      ...this.#options,
      conversation,
      agent,
      limits: {
        maxIterations: settings?.max_iterations ?? defaults.maxIterations,
        maxBudget: defaults.maxBudget,
        confirmationMode: settings?.confirmation_mode ?? defaults.confirmationMode,
        reactive: agent.reactive ?? false,
        clones: repository !== null,
      },
      openRuntime: () => runtimes.open(sid),
      ...(heldWorkspaces === undefined ? {} : { held: heldWorkspaces }),
      ...(repository === null ? {} : { repository }),
    });
  }

  #repositoryOf(conversation: ConversationRecord, started: Settings | null): SelectedRepository | null {
    const { currentSettings, repositories } = this.#options;
    const { selectedBranch: branch, selectedRepository: repository, sid, userId } = conversation;
    if (repository === null || repositories === undefined) return null;
    return {
      name: repository,
      clone: async (options) => {
        const settings = (await currentSettings?.(userId)) ?? started;
        const token = settings?.github_token ?? null;
        return repositories.clone(sid, { repository, branch }, { ...options, token });
      },
    };
  }
}
