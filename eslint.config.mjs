import importX from 'eslint-plugin-import-x';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import tseslint from 'typescript-eslint';

/** Who may import whom (CONTRIBUTING.md draws this table). A zone forbids `target` to import `from`. */
const zones = [
  { target: './runtime', from: './constructs', message: 'runtime/ knows nothing of constructs/' },
  { target: './runtime', from: './stacks', message: 'runtime/ knows nothing of stacks/' },
  {
    target: './runtime',
    from: './repository',
    except: ['./schemas'],
    message: 'runtime/ may import only the types of repository/schemas',
  },
  {
    target: ['./runtime/pipeline', './runtime/inferencer', './runtime/tensor'],
    from: './runtime/grpc',
    message: 'the inner rooms do not know the wire',
  },
  {
    target: './constructs',
    from: './runtime',
    except: ['./config'],
    message: 'constructs/ may import runtime/config (document schema and types) and nothing else of runtime/',
  },
  {
    target: './constructs',
    from: './scripts',
    // The benchmark's profile is checked at synth with the driver's own schema, as pipeline documents are with the runtime's.
    except: ['./benchmark/profile'],
    message: 'constructs/ may import the schema and type of benchmark profiles and nothing else of scripts/',
  },
  { target: './constructs', from: './repository', message: 'constructs/ knows nothing of repository/' },
  { target: './constructs', from: './stacks', message: 'constructs/ knows nothing of stacks/' },
  {
    target: './stacks',
    from: './runtime',
    except: ['./config'],
    message: 'stacks/ may import constructs/ and runtime/config',
  },
  { target: './stacks', from: './repository', message: 'stacks/ knows nothing of repository/' },
  {
    target: './repository',
    from: './runtime',
    except: ['./config', './components', './thread-entry.ts'],
    message: 'repository/ imports itself, runtime/config, runtime/components and runtime/thread-entry',
  },
  { target: './repository', from: './constructs', message: 'repository/ imports itself' },
  { target: './repository', from: './stacks', message: 'repository/ imports itself' },
];

export default tseslint.config(
  { ignores: ['lib/**', 'dist/**', 'coverage/**', 'node_modules/**', 'constructs/imports/**'] },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    plugins: { 'import-x': importX },
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    settings: { 'import-x/resolver-next': [createTypeScriptImportResolver({ project: './tsconfig.json' })] },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-unused-expressions': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
      'import-x/no-restricted-paths': ['error', { zones }],
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      eqeqeq: 'error',
    },
  },
  {
    // These rooms are reused in other processes and threads: what they need is passed in.
    files: ['runtime/{pipeline,inferencer,tensor}/**/*.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'pass options in' },
      ],
    },
  },
);
