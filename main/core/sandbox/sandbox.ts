import type { Mechanism } from '#contract/doctor.ts';
import type { Exit, Limits } from '#contract/session.ts';

/**
 * What a session needs from the walls, decided and canonical: everything not named here does not exist inside.
 * Core fills it from decisions; an adapter turns it into a running process tree.
 */
export interface SandboxRequest {
  readonly sessionId: string;
  /** The person on the host. `home` is their real home path, where the session sees its private home instead. */
  readonly caller: { readonly uid: number; readonly gid: number; readonly name: string; readonly home: string };
  /** Host folder (0700, ours) that becomes the session's home. */
  readonly homeStore: string;
  /** Host folder (0700, ours, empty) for this session's sockets and staging; removed by the caller afterwards. */
  readonly runtimeFolder: string;
  /** Canonical host paths and how each is seen inside, at the same path. Parents come before children. */
  readonly binds: readonly SandboxBind[];
  /** Symbolic links to recreate, e.g. the hops that lead to the command. */
  readonly links: readonly { readonly at: string; readonly target: string }[];
  readonly command: {
    /** Absolute path as seen inside. */
    readonly path: string;
    /** argv, argv[0] included. */
    readonly argv: readonly string[];
  };
  /** Absolute, inside the workspace. */
  readonly cwd: string;
  /** The whole environment of the agent; nothing is added but what the adapter documents. */
  readonly environment: Readonly<Record<string, string>>;
  /** Host path of the session's egress socket (inside `runtimeFolder`). Absent: there is no way out at all. */
  readonly egressSocket?: string;
  /** Where the session can start others; absent for one that cannot. */
  readonly delegation?: InsideDelegation;
  /** Loopback port inside on which the HTTP and SOCKS proxy listens. */
  readonly proxyPort: number;
  /** Host loopback ports reached by literal grant: a listener inside on the same address and port, relayed through egress. */
  readonly relays: readonly { readonly host: '127.0.0.1' | '::1'; readonly port: number }[];
  /** Loopback ports inside that are reached from outside, each through its `exposedSocketPath`. Absent: none. */
  readonly exposed?: readonly number[];
  readonly limits: Limits;
  /** Present: stdio is a terminal of this size; absent: three pipes. */
  readonly terminal: { readonly columns: number; readonly rows: number } | undefined;
}

/** Our own command line, to be seen inside: a folder with the program `gatehouse` in `inside`, and the Node that runs it. Host paths. */
export interface InsideProduct {
  readonly folder: string;
  readonly node: string;
}

/** A session's delegation socket on the host, and what it is spoken to with. */
export interface InsideDelegation extends InsideProduct {
  readonly socket: string;
}

export interface SandboxBind {
  /** Canonical host path; it is seen at the same path inside. */
  readonly path: string;
  /** `hidden`: an empty, unreadable place instead of what the host has there. */
  readonly mode: 'read-only' | 'read-write' | 'hidden';
  /** Why it is there, for the plan's explanation and the audit entry. */
  readonly reason: string;
}

/** Builds walls and runs one command inside them. One implementation per platform. */
export interface Sandbox {
  /** Everything the walls stand on, with its state. Any `missing` means `launch` refuses. */
  probe(): Promise<readonly Mechanism[]>;
  /**
   * Starts the command. Resolves when it has been executed inside complete walls; rejects with
   * `sandbox_unavailable` (a mechanism is missing), `sandbox_failed` (setting up failed; nothing is left running) or
   * `command_not_found`.
   */
  launch(request: SandboxRequest): Promise<SandboxedProcess>;
}

/** What the kernel keeps a limit with: for the session as a whole, or by resource limits of its processes. */
export type LimitHolder = 'cgroup' | 'rlimit';

/** Who holds each limit that was set for a session. An `rlimit` of memory bounds each process, not their sum. */
export interface LimitHolders {
  readonly memory?: LimitHolder;
  readonly processes?: LimitHolder;
  readonly openFiles?: LimitHolder;
}

/**
 * A limit that the kernel kept. `reached`: for memory, the kernel has ended every process of the session; for processes, no
 * more could be started. `lost`: another program took the controller away, and only resource limits are left.
 */
export interface LimitHit {
  readonly limit: 'memory' | 'processes';
  readonly what: 'reached' | 'lost';
}

/** Processes of a session. */
export interface ProcessCount {
  /** At this moment, those that make the walls included. */
  readonly alive: number;
  /** Processes and threads so far, about: it may be seen late, and never goes down but when the numbers begin anew. */
  readonly started: number;
}

export interface SandboxedProcess {
  /** Host pid of the outermost process of the session; killing it ends everything. */
  readonly pid: number;
  /** Writes to the agent's terminal or standard input. Resolves when more may be written (back-pressure). */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends standard input. For a terminal: sends end-of-file (Ctrl-D). */
  end(): void;
  /** Changes the terminal's size; ignored for pipes. */
  resize(size: { columns: number; rows: number }): void;
  /** Output as it comes; the handler's promise is awaited before more is read (back-pressure). Set before the first tick. */
  onOutput(handler: (stream: 'stdout' | 'stderr', bytes: Uint8Array) => Promise<void> | void): void;
  /** Sends a signal to the agent itself (`INT`, `TERM`, `HUP`, `QUIT`): the command's process group inside. */
  signal(name: 'INT' | 'TERM' | 'HUP' | 'QUIT'): void;
  /** Asks every process inside to end (SIGTERM, then SIGCONT). */
  terminate(): void;
  /** Ends everything at once (SIGKILL). */
  kill(): void;
  /** Stops every process inside where it is (SIGSTOP), until `resume`. What ends the session ends it all the same. */
  pause(): void;
  /** Lets them go on (SIGCONT). */
  resume(): void;
  /**
   * Processor time that all processes of the session have taken, in milliseconds, those that ended included; undefined when
   * the session is over.
   */
  cpuTimeMs(): Promise<number | undefined>;
  /** How many processes the session has, and has had; undefined when it is over. */
  processes(): Promise<ProcessCount | undefined>;
  /** What holds the limits that were set. */
  readonly heldBy: LimitHolders;
  /**
   * Called at most once for each limit and `what`, before `ended` resolves; a hit that came earlier is told at once. Only limits
   * held by a cgroup are told.
   */
  onLimit(handler: (hit: LimitHit) => void): void;
  /** Resolves after the command and every other process of the session is gone and all output was delivered. */
  readonly ended: Promise<Exit>;
}
