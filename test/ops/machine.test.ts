import { expect, it } from 'vitest';
import { nodeVerdict } from '../../src/ops/doctor/machine.ts';

it.each([
  ['18.20.8', 'fail'],
  ['20.18.3', 'fail'],
  ['20.19.0', 'ok'],
  ['22.0.0', 'ok'],
  ['23.11.1', 'warn'],
  ['24.1.0', 'ok'],
])('Node %s is %s', (version, result) => {
  expect(nodeVerdict(version)).toMatchObject({ result });
});
