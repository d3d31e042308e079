import { invoke } from './program.ts';
import { endQuietlyOnClosedPipe, processTerminal } from './terminal.ts';

// The entry of the `gatehouse` program: reads the command line, runs the command, ends with its status. Ending outright, once
// everything is written, matters for `run`: a standard input that nobody closes would keep the process alive.
endQuietlyOnClosedPipe(process.argv[2] === 'run');
const terminal = processTerminal();
void invoke(terminal, process.argv.slice(2)).then((status) => {
  const written = [terminal.stdout, terminal.stderr].map(
    (stream) => new Promise((resolve) => stream.write('', resolve)),
  );
  void Promise.all(written).then(() => process.exit(status));
});
