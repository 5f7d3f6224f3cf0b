/** `convene doctor`: looks at everything that the server needs. It changes nothing. */
import type { LoadedConfig } from '../../config/index.ts';
import { print, printJson } from '../output.ts';
import { broken, type Check, ok, reasonOf, renderChecks } from './check.ts';
import { checkCluster } from './check-cluster.ts';
import { checkDisk, checkLock } from './check-disk.ts';
import { checkLlm } from './check-llm.ts';
import { checkNode, checkTools } from './check-machine.ts';
import { checkPort } from './check-port.ts';
import { checkSettings } from './check-settings.ts';
import { checkStore } from './check-store.ts';

export interface DoctorOptions {
  /** Throws what is wrong with the configuration. */
  readonly load: () => LoadedConfig;
  readonly json?: boolean;
}

/** Answers with the exit code: 1 where something that is needed is broken. */
export async function runDoctor({ json, load }: DoctorOptions): Promise<number> {
  const checks = await examine(load);
  await (json ? printJson(checks) : print(renderChecks(checks)));
  return checks.some(({ status }) => status === 'broken') ? 1 : 0;
}

async function examine(load: DoctorOptions['load']): Promise<Check[]> {
  const machine = [checkNode(), ...(await checkTools())];
  let config: LoadedConfig['config'];
  try {
    ({ config } = load());
  } catch (error) {
    const mend = 'Put it right; docs/configuration.md lists all keys. The rest can’t be checked before.';
    return [...machine, broken('configuration', reasonOf(error), mend)];
  }
  const { dataDir, host, port } = config;
  const disk = await checkDisk(dataDir);
  const { check: lock, isHeld } = await checkLock(dataDir);
  if (config.databaseUrl !== null || config.redisUrl !== null) {
    return [
      ...machine,
      ok('configuration', 'is valid'),
      ...disk,
      ...(await checkCluster(config)),
      await checkPort(host, port, isHeld),
      await checkLlm({ config, settings: null }),
    ];
  }
  const { check: stored, settings } = await checkSettings(config);
  return [
    ...machine,
    ok('configuration', 'is valid'),
    ...disk,
    lock,
    await checkStore(dataDir),
    await checkPort(host, port, isHeld),
    stored,
    await checkLlm({ config, settings }),
  ];
}
