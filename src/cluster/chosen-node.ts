/**
 * Which one of several nodes does something: each gets its share, and who goes changes nothing for the others. By rendezvous
 * hashing (Thaler and Ravishankar, 1998).
 */
import { hash } from 'node:crypto';

/** Null where there is none. */
export function chosenNode(what: string, incarnations: readonly string[]): string | null {
  const weighed = incarnations.map((incarnation) => ({
    incarnation,
    weight: hash('sha1', `${what}\0${incarnation}`),
  }));
  const first = weighed.reduce<(typeof weighed)[number] | null>(
    (best, one) => (best === null || one.weight > best.weight ? one : best),
    null,
  );
  return first?.incarnation ?? null;
}
