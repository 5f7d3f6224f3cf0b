/**
 * Conversations in a Fastify app that exists already: it keeps its own routes, and asks the manager.
 * Run: `PORT=8080 node embed-in-fastify.ts`, then `curl 'localhost:8080/ask?question=Hello'`
 */
import { AgentRegistry, createManager, loadConfig, systemClock } from 'convene';
import fastify from 'fastify';
import { answerIn } from './answer-in.ts';
import { echo } from './ten-line-agent.ts';

const app = fastify();
app.get('/', () => 'The app that was here before.');

const { config } = loadConfig({ env: process.env, cwd: process.cwd() });
const { manager } = await createManager(config, {
  agents: new AgentRegistry(echo.name, [[echo.name, { needsLlm: false, create: () => echo }]]),
  onError: (error, what) => app.log.error({ err: error }, what),
});
await manager.start();
app.addHook('onClose', () => manager[Symbol.asyncDispose]());

app.get<{ Querystring: { question: string } }>('/ask', async ({ query }) => {
  const sid = systemClock.id();
  const stream = await manager.maybeStartAgentLoop(sid, null, 'somebody', { content: query.question });
  return { conversation: sid, answer: await answerIn(stream) };
});

app.listen({ port: Number(process.env['PORT'] ?? 0), host: '127.0.0.1' }, (error, address) => {
  if (error) throw error;
  console.log(address);
});
process.once('SIGTERM', () => void app.close());
