/** A port cannot be opened. The message names it and says what to do. */
export class PortUnusable extends Error {
  override readonly name = 'PortUnusable';
}

export interface WantedPort {
  readonly host: string;
  readonly port: number;
  /** What sets the port: a variable or an option of the command line. */
  readonly portSetting: string;
}

/** @param error what the system said when the port was opened. */
export function explainPort(error: NodeJS.ErrnoException, { host, port, portSetting }: WantedPort): PortUnusable {
  switch (error.code ?? '') {
    case 'EADDRINUSE':
      return new PortUnusable(`Port ${port} of ${host} is in use. Stop the program that has it, or set ${portSetting}.`);
    case 'EACCES':
      return new PortUnusable(`Port ${port} may not be opened by this user. Set ${portSetting} to one above 1023.`);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new PortUnusable(`${host} is not an address of this machine (${error.code}). Set HOST to one, such as 127.0.0.1.`);
    default:
      return new PortUnusable(
        `Listening on ${host}:${port} failed (${error.code ?? error.message}). Check HOST and ${portSetting}.`,
      );
  }
}
