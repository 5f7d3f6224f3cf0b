import { describe, expect, it } from 'vitest';
import { MockLlm } from './mock-llm.ts';

function ask(llm: MockLlm, route: string, body: Record<string, unknown> = {}): Promise<Response> {
  return fetch(`${llm.url}/${route}`, { method: 'POST', body: JSON.stringify({ model: 'mock', ...body }) });
}

describe.each(['chat/completions', 'messages'])('a mock LLM asked at %s', (route) => {
  it('answers in the order of its script and records what it was asked', async () => {
    await using llm = await MockLlm.start([{ text: 'one' }, { text: 'two' }]);
    expect(await (await ask(llm, route)).text()).toContain('one');
    expect(await (await ask(llm, route, { messages: ['hello'] })).text()).toContain('two');
    expect(llm.requests.map(({ body }) => body)).toEqual([
      { model: 'mock' },
      { model: 'mock', messages: ['hello'] },
    ]);
  });

  it('streams a piece before the gate that comes after it', async () => {
    const gate = Promise.withResolvers<void>();
    await using llm = await MockLlm.start([{ text: ['be', gate.promise, 'hind'] }]);
    const { body } = await ask(llm, route, { stream: true });
    const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!text.includes('"be"')) text += (await reader?.read())?.value ?? '';
    expect(text).not.toContain('hind');
    gate.resolve();
    for (let part = await reader?.read(); part?.done === false; part = await reader?.read())
      text += part.value;
    expect(text).toContain('"hind"');
  });

  it('breaks off in the middle of an answer', async () => {
    await using llm = await MockLlm.start([{ text: 'half of', breaksOff: true }]);
    await expect(ask(llm, route, { stream: true }).then((response) => response.text())).rejects.toThrow();
  });

  it.each([
    ['wrong_key', 401],
    ['rate_limit', 429],
    ['internal', 500],
    ['context_overflow', 400],
  ] as const)('fails as the provider does: %s', async (fault, status) => {
    await using llm = await MockLlm.start([{ fault, headers: { 'retry-after': '7' } }]);
    const response = await ask(llm, route);
    expect(response.status).toBe(status);
    expect(response.headers.get('retry-after')).toBe('7');
    expect(await response.json()).toMatchObject({ error: { message: expect.any(String) } });
  });

  it('says that its script is at its end', async () => {
    await using llm = await MockLlm.start();
    expect(await (await ask(llm, route)).text()).toContain('at its end');
  });

  it('can be closed while it hangs', async () => {
    const llm = await MockLlm.start([{ fault: 'hang' }]);
    const asked = expect(ask(llm, route)).rejects.toThrow();
    await llm.requested(1);
    await llm[Symbol.asyncDispose]();
    await asked;
  });
});
