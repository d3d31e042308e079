import { agentPackages, campaignPackages } from '../../helpers/agents/install-agents.ts';
import { describeMachine } from '../machine.ts';
import { tasks } from './all-tasks.ts';
import { saveTasks, taskLine, twinLine, writeTasks } from './report.ts';
import { runBare, runTask } from './run-task.ts';

/** Runs the ten tasks and their twins with real agents, named by their presets, and writes the tables. */
export async function runTasks(presets: readonly string[]): Promise<void> {
  for (const preset of presets) {
    const agent = [...agentPackages, ...campaignPackages].find((each) => each.preset === preset);
    if (agent === undefined) throw new Error(`no agent ${preset} is driven here`);
    const lines = [];
    const twins = [];
    for (const task of tasks) {
      const line = taskLine(task, await runTask(task, agent, false));
      lines.push(line);
      console.log(`${preset}: ${task.name}: ${line.questions.length} prompts, reached: ${line.reached}`);
      const twin = twinLine(task, await runTask(task, agent, true), await runBare(task));
      twins.push(twin);
      console.log(`${preset}: ${task.name}, twin: ${twin.questions.length} prompts, harm: ${twin.harm ?? 'none'}`);
    }
    const { version } = agent;
    const measuredAt = new Date().toISOString();
    await saveTasks({
      agent: { preset: agent.preset, version },
      measuredAt,
      machine: describeMachine(),
      tasks: lines,
      twins,
    });
  }
  await writeTasks();
}
