import type { MaskedSettings } from 'convene/client';
import { describe, expect, it } from 'vitest';
import { draftOf, postedOf, problemsOf } from './settings-draft.ts';

const stored: MaskedSettings = {
  language: null,
  agent: 'CodeActAgent',
  max_iterations: 30,
  security_analyzer: null,
  confirmation_mode: false,
  llm_model: 'openai/gpt-4o',
  llm_api_key: '**********',
  llm_base_url: null,
  remote_runtime_resource_factor: null,
  enable_default_condenser: true,
  user_consents_to_analytics: null,
  github_token_is_set: false,
};

describe('a draft of settings', () => {
  it('posts what was stored, and no key, where nothing was changed', () => {
    expect(postedOf(draftOf(stored))).toEqual({
      llm_model: 'openai/gpt-4o',
      llm_base_url: null,
      agent: 'CodeActAgent',
      confirmation_mode: false,
      max_iterations: 30,
    });
  });

  it('leaves everything to the server where nothing is stored', () => {
    expect(Object.values(postedOf(draftOf(null)))).toEqual([null, null, null, null, null]);
  });

  it('posts a new key, and an empty one to remove it', () => {
    expect(postedOf({ ...draftOf(stored), key: ' sk-new ' })).toMatchObject({ llm_api_key: 'sk-new' });
    expect(postedOf({ ...draftOf(stored), key: '' })).toMatchObject({ llm_api_key: '' });
  });

  it.each(['0', '-1', '1.5', 'many'])('has a problem with %j steps', (maxIterations) => {
    expect(problemsOf({ ...draftOf(null), maxIterations })).toHaveProperty('maxIterations');
  });

  it.each([
    ['localhost:8000', true],
    ['http://localhost:8000/v1', false],
    ['', false],
  ])('with the address %j has a problem: %s', (baseUrl, isWrong) => {
    expect('baseUrl' in problemsOf({ ...draftOf(null), baseUrl })).toBe(isWrong);
  });
});
