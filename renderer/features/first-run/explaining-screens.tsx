import { doctorVerdict } from '#contract/mechanisms.ts';
import { CopiedCommand, commandsIn } from '../../components/copied-command.tsx';
import { Icon } from '../../components/icon.tsx';
import { RiskBadge } from '../../components/risk-badge.tsx';
import { useMechanisms } from '../settings/use-mechanisms.ts';

/** What an agent sees, and what it does not. */
export function WalledScreen() {
  return (
    <>
      <p className="first-run-lead">
        An agent runs as you do, with your files and your passwords within reach. Here it gets one folder and its own
        model, and the kernel keeps it from the rest.
      </p>
      <div className="first-run-picture walls" aria-hidden="true">
        <div className="walls-inside">
          <p className="walls-name">Inside the walls</p>
          <p>
            <Icon name="folder" /> the folder you chose
          </p>
          <p>
            <Icon name="globe" /> its own model
          </p>
          <p>
            <Icon name="key" /> a home of its own
          </p>
        </div>
        <div className="walls-outside">
          <p className="walls-name">Out of its reach</p>
          {['your other files', 'your keys and passwords', 'other programs', 'the rest of the network'].map((what) => (
            <p key={what}>
              <Icon name="close" /> {what}
            </p>
          ))}
        </div>
      </div>
      <p>
        It holds for everything the agent starts, too: shells, compilers, package managers. Nothing has to be installed
        in the agent, and it is not asked to behave.
      </p>
      <MachineVerdict />
    </>
  );
}

/** Whether sessions can start here; what is weak is told in full elsewhere. */
function MachineVerdict() {
  const { entries, error } = useMechanisms();
  if (error !== undefined || entries === undefined) return null;
  const of = (wanted: string) => entries.filter(({ state }) => state === wanted);
  const missing = of('missing');
  const weak = of('limited').length;
  if (missing.length > 0) {
    return (
      <div className="note note-bad first-run-note" role="status">
        <Icon name="alert" />
        <div>
          <p className="note-title">On this machine: {doctorVerdict(entries)}</p>
          {missing.map(({ id, title, detail, remedy }) => (
            <div key={id}>
              <p>
                {title}: {detail} {remedy}
              </p>
              {commandsIn(remedy ?? '').map((command) => (
                <CopiedCommand key={command} command={command} />
              ))}
            </div>
          ))}
        </div>
      </div>
    );
  }
  return (
    <div className="note note-good first-run-note" role="status">
      <Icon name="check" />
      <div>
        <p className="note-title">This machine is ready.</p>
        {weak > 0 && (
          <p>
            {weak === 1 ? 'One weakness is' : `${weak} weaknesses are`} told, with what is at stake, under Settings,
            Mechanisms.
          </p>
        )}
      </div>
    </div>
  );
}

/** When a person is asked, and by whom. */
export function AskedScreen() {
  return (
    <>
      <p className="first-run-lead">
        When an agent wants more than it was given, it waits, and a window of its own asks you. Nothing an agent prints
        can answer it.
      </p>
      <div className="first-run-picture question" aria-hidden="true">
        <p className="question-head">
          <RiskBadge risk="notable" /> Claude Code
        </p>
        <p className="question-act">
          Connect to <span className="mono">registry.example.org:443</span>
        </p>
        <p className="dim">Asked because no grant covers this host.</p>
        <p className="question-answers">
          <span className="button">Deny</span>
          <span className="button">Allow once</span>
          <span className="button">For this task</span>
        </p>
      </div>
      <ul className="first-run-points">
        <li>An answer covers exactly the sentence above it. “For this task” ends with the task.</li>
        <li>No answer is a no. Closing the window is a no.</li>
        <li>What you allowed is listed under Now, and taken back with one click.</li>
      </ul>
    </>
  );
}

/** The record. */
export function RecordedScreen() {
  return (
    <>
      <p className="first-run-lead">
        Every decision is written down before it takes effect: what was asked, what was decided, by which rule or by
        whom.
      </p>
      <div className="first-run-picture record" aria-hidden="true">
        <p>
          <span className="dim">14:02:11</span> <span className="dim">changed</span>{' '}
          <span className="mono">src/checkout.ts</span>
        </p>
        <p>
          <span className="dim">14:02:13</span> <span className="record-deny">blocked</span> connect to{' '}
          <span className="mono">evil.test:443</span>
        </p>
        <p>
          <span className="dim">14:02:20</span> <span className="record-allow">you allowed</span> connect to{' '}
          <span className="mono">registry.example.org:443</span>
        </p>
      </div>
      <ul className="first-run-points">
        <li>Entries are chained and signed, so that a change to one shows. Timeline checks that.</li>
        <li>It stays on this machine. Gatehouse sends nothing to anybody.</li>
        <li>How long the content is kept is yours to say: Settings, Retention.</li>
      </ul>
    </>
  );
}
