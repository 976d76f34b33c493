import type { Client } from '@temporalio/client';
import { carryOut, type Done } from './schedule-changes.ts';
import type { WantedSchedule } from './schedule-facts.ts';
import { planSchedules, type PlannedSchedule, type PlanOptions } from './schedule-plan.ts';

export type { Done } from './schedule-changes.ts';
export type { WantedSchedule } from './schedule-facts.ts';
export { planSchedules, type PlannedSchedule, type PlanOptions } from './schedule-plan.ts';

/** A planned schedule, and what became of it. */
export interface AppliedSchedule {
  readonly plan: PlannedSchedule;
  readonly done: Done;
}

/**
 * Makes the schedules what a plan says, each only while it is still what the plan saw. May be repeated: a new plan made afterwards has nothing to do.
 */
export async function carryOutPlan(
  client: Client,
  taskQueue: string,
  plans: readonly PlannedSchedule[],
): Promise<readonly AppliedSchedule[]> {
  const applied: AppliedSchedule[] = [];
  for (const plan of plans) applied.push({ plan, done: await carryOut(client, taskQueue, plan) });
  return applied;
}

/** Plans and carries out in one go: creates, updates, and pauses those of streams that the configuration no longer has. What a person changed stays. */
export async function applySchedules(
  client: Client,
  taskQueue: string,
  wanted: readonly WantedSchedule[],
  options: PlanOptions = {},
): Promise<readonly AppliedSchedule[]> {
  return await carryOutPlan(client, taskQueue, await planSchedules(client, taskQueue, wanted, options));
}
