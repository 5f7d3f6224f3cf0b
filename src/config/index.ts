/**
 * The configuration: one table of keys, loaded and validated once. What a server does not need to start stands
 * beside it: `describe-config.ts` and `config-docs.ts`.
 */
export {
  type Config,
  type ConfigFlags,
  type ConfigSources,
  type LoadedConfig,
  loadConfig,
  ownWorkspaces,
} from './load-config.ts';
export { isLoopback } from './loopback.ts';
export { type ConfigKey, type ConfigOption, configOptions, type LogLevel } from './options.ts';
