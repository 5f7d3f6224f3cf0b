/**
 * The floors of the house (docs/architecture.md): imports go downwards only. A floor may import itself and every
 * floor below it; rooms of one floor may not import each other. Tests may import anything.
 *
 * The parser is TypeScript 6: version 7 has no JavaScript API yet. So `typescript` in package.json is version 6, under
 * the name by which this tool asks for it, and `@typescript/native` is the compiler that checks and builds.
 */

/** From the top. An entry with several rooms: they are on one floor, and keep apart. */
const floors = [
  ['cli'],
  ['index'],
  ['server', 'client'],
  ['testing'],
  ['manager'],
  ['agent'],
  ['stream', 'runtime'],
  ['cluster'],
  ['store'],
  ['events'],
];

/** Under all floors: what these have may be used everywhere, and by each other. */
const ground = ['config', 'clock', 'errors', 'release-stack'];

const rooms = (names) => `^src/(${names.join('|')})(/|\\.ts$)`;

/** Tests, and what stands beside them to help them. */
const tests = '(\\.test|/fixture)\\.tsx?$';

const production = { path: '^src/', pathNot: tests };

/** What the rooms of a floor may not import: all that is above, and their neighbours. */
function floorRules(names, index) {
  const above = floors.slice(0, index).flat();
  return names.map((name) => ({
    name: `floor-of-${name}`,
    comment: 'Imports go downwards only.',
    severity: 'error',
    from: { path: rooms([name]), pathNot: tests },
    to: { path: rooms([...above, ...names.filter((other) => other !== name)]) },
  }));
}

module.exports = {
  forbidden: [
    ...floors.slice(1).flatMap((names, index) => floorRules(names, index + 1)),
    {
      name: 'ground-floor',
      comment: 'Imports go downwards only.',
      severity: 'error',
      from: { path: rooms(ground), pathNot: tests },
      to: { path: rooms(floors.flat()) },
    },
    {
      name: 'every-file-has-a-floor',
      comment: 'A new folder of src needs a place in the list above.',
      severity: 'error',
      from: {
        path: production.path,
        pathNot: `${tests}|${rooms([...floors.flat(), ...ground])}`,
      },
      to: {},
    },
    {
      name: 'client-runs-in-browsers',
      comment: 'What a page loads: nothing of Node, and of the rest of the house types alone.',
      severity: 'error',
      from: { path: '^src/client/', pathNot: tests },
      to: {
        path: '^(src/|node:|[a-z_]+$)',
        pathNot: '^src/(client/|events/(event|kinds)\\.ts$)',
        dependencyTypesNot: ['type-only', 'npm'],
      },
    },
    {
      name: 'web-on-the-client-alone',
      comment: 'The web app has no private way to the server: it is built on `convene/client`.',
      severity: 'error',
      from: { path: '^web/src/', pathNot: tests },
      to: { path: '^(src|test|bench|scripts)/', pathNot: '^src/client/index\\.ts$' },
    },
    {
      name: 'nothing-on-the-web-app',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^web/' },
    },
    {
      name: 'no-cycles',
      comment: 'Imports that are erased, or made only when they are needed, close no circle.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only', 'dynamic-import'] } },
    },
    {
      name: 'no-dev-dependencies',
      comment: 'What is installed with the package is in `dependencies`.',
      severity: 'error',
      from: production,
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-tests-in-production',
      severity: 'error',
      from: production,
      to: { path: ['^(test|bench|scripts)/', tests] },
    },
    {
      name: 'nothing-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
