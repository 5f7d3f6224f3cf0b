/** The language model that the settings or the configuration choose. */
import { askModel, type Model, ModelProblem } from './ask-model.ts';
import { broken, type Check, ok, reasonOf } from './check.ts';

const TIMEOUT_MS = 20_000;
const NAME = 'language model';

/** `model`: null where none is chosen. */
export async function checkLlm(model: Model | null): Promise<Check> {
  if (model === null) {
    return ok(NAME, 'none is chosen: agents run without one (LLM_MODEL and LLM_API_KEY choose one)');
  }
  try {
    const origin = await askModel(model, AbortSignal.timeout(TIMEOUT_MS));
    return ok(NAME, `${model.name} answers at ${origin}`);
  } catch (error) {
    const mend = error instanceof ModelProblem ? error.mend : 'Check LLM_MODEL and LLM_BASE_URL.';
    return broken(NAME, `${model.name}: ${reasonOf(error)}`, mend);
  }
}
