/** The runtimes of a simulated process: a command takes its time, has a name of its own, and is told to the history. */
import { delay } from '../../src/clock.ts';
import type { RunnableAction } from '../../src/events/actions.ts';
import { errorObservation, type Observation, runObservation } from '../../src/events/observations.ts';
import type { ExecuteOptions, Runtime, RuntimeProvider } from '../../src/runtime/runtime.ts';
import type { SimProcess } from './sim-process.ts';

export function simRuntimes(process: SimProcess): RuntimeProvider {
  return {
    open: async () => {
      process.reached('runtime');
      const { openMs } = process.faults;
      if (openMs !== undefined) await delay(process.clock, process.world.random() * openMs);
      return new SimRuntime(process);
    },
    remove: async () => {},
  };
}

class SimRuntime implements Runtime {
  readonly workspace = '/workspace';
  readonly #process: SimProcess;

  constructor(process: SimProcess) {
    this.#process = process;
  }

  execute(action: RunnableAction, { signal }: ExecuteOptions): Promise<Observation> {
    if (action.action !== 'run') return Promise.resolve(errorObservation('not simulated'));
    const { command } = action.args;
    const { history, watch, world } = this.#process;
    const [sid = ''] = command.split('/');
    history.executed(command, watch?.executes(sid));
    const takes = this.#process.chance(0.2) ? 5_000 * world.random() : 30 * world.random();
    return new Promise((resolve, reject) => {
      const cancel = this.#process.after(takes, () => {
        resolve(runObservation({ command, content: 'done', exitCode: 0 }));
      });
      signal.addEventListener('abort', () => {
        cancel();
        this.#process.after(5 * world.random(), () => reject(signal.reason));
      });
    });
  }

  async interrupt(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}
}
