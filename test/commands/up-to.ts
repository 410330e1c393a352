/** A run brought to the step a test is about, whatever the runbook has before it. */
import { due } from '../../src/machine/due.ts';
import { stepNode } from '../../src/machine/facts.ts';
import type { NewEvent } from '../../src/runner/ledger.ts';
import type { Bench } from './bench.ts';

/** Does and finds whatever is due, and has Bo decide the gates, until `step` is due itself. */
export async function upTo(here: Bench, step: string): Promise<void> {
  for (let turns = 0; turns < 200; turns += 1) {
    const { snapshot } = here.ledger.active()!;
    const c = snapshot.context;
    const work = due(snapshot);
    if (work.some((one) => one.do === 'run' && one.step === step)) return;
    const open = Object.entries(c.gates).find(([, gate]) => gate.status === 'open');
    const [first] = work.filter((one) => one.do === 'run' || one.do === 'openGate');
    if (first?.do === 'openGate') await here.append(here.open(first.gate));
    else if (first?.do === 'run' && stepNode(c, first.step)?.effect) await here.does(first.step);
    else if (first?.do === 'run') await here.append(found(first.step));
    else if (open) await here.type('UBO', `approve ${open[0]}`);
    else break;
  }
  throw new Error(`${step} never came about`);
}

const found = (step: string): NewEvent => ({ type: 'STEP_ALREADY_DONE', step, evidence: {}, summary: null });
