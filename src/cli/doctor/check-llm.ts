/** The language model that the configuration names. A user's stored settings may name another one. */
import { askModel, type Model, ModelProblem } from './ask-model.ts';
import { broken, type Check, ok, reasonOf } from './check.ts';

const TIMEOUT_MS = 20_000;
const NAME = 'language model';

export async function checkLlm(
  model: Omit<Model, 'name'> & { readonly name: string | null },
): Promise<Check> {
  const { name } = model;
  if (name === null) {
    return ok(NAME, 'none is configured: agents run without one (LLM_MODEL and LLM_API_KEY name one)');
  }
  try {
    const origin = await askModel({ ...model, name }, AbortSignal.timeout(TIMEOUT_MS));
    return ok(NAME, `${name} answers at ${origin}`);
  } catch (error) {
    const mend = error instanceof ModelProblem ? error.mend : 'Check LLM_MODEL and LLM_BASE_URL.';
    return broken(NAME, `${name}: ${reasonOf(error)}`, mend);
  }
}
