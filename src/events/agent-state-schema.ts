/** The schema of an agent's state, apart from the states themselves: not everybody who knows them needs schemas. */
import { z } from 'zod';
import { agentStates } from './agent-state.ts';

export const agentStateSchema = z.enum(agentStates);
