// Finishes a build: bundles the workflows once, so that no worker has to at its start, and makes `npx sluice` work in the checkout.
import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const bin = fileURLToPath(new URL('../node_modules/.bin/', import.meta.url));

const quiet = { log() {}, trace() {}, debug() {}, info() {}, warn: console.warn, error: console.error };
const { code } = await bundleWorkflowCode({
  workflowsPath: `${dist}src/workflows/index.js`,
  logger: quiet,
});
await writeFile(`${dist}workflow-bundle.js`, code);

await chmod(`${dist}src/cli.js`, 0o755).catch(() => undefined);
await mkdir(bin, { recursive: true });
await rm(`${bin}sluice`, { force: true });
await symlink('../../dist/src/cli.js', `${bin}sluice`);
